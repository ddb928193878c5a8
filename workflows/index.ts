export { migrateServer } from './migrate-server.ts';
export { powerServer } from './power-server.ts';
export { provisionServer } from './provision-server.ts';
export { resetPassword } from './reset-password.ts';
export { terminateServer } from './terminate-server.ts';
export { migrateRange, migrateSource } from '../migrate/workflow.ts';
