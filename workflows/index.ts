export { migrateServer } from './migrate-server.ts';
export { powerServer } from './power-server.ts';
export { provisionServer } from './provision-server.ts';
export { resetPassword } from './reset-password.ts';
export { reconcileCluster } from './reconcile-cluster.ts';
export { repairServer } from './repair-server.ts';
export { settleOrphan } from './settle-orphan.ts';
export { terminateServer } from './terminate-server.ts';
export { migrateRange, migrateSource } from '../migrate/workflow.ts';
