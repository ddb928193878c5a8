import { fileURLToPath } from 'node:url';
import { Worker, type NativeConnection } from '@temporalio/worker';
import { createDatabaseActivities, createMailActivities, createProxmoxActivities } from './index.ts';
import type { Deps } from './deps.ts';
import { listClusterVms, listVmAddresses } from './list-cluster-vms.ts';
import { taskQueues } from '../contract/temporal.ts';
import { createMigrationActivities } from '../migrate/activities.ts';
import type { MigrationDeps } from '../migrate/run/deps.ts';

export interface WorkersOptions {
  connection: NativeConnection;
  namespace: string;
  /** A file made by `bundleWorkflows`; without it the workflows are compiled at start (2 s). */
  workflowBundle?: string | undefined;
  identity?: string;
  /** Of the task queues; empty but where installations share a namespace. */
  queuePrefix?: string;
  /** Rows a migration writes at once, and gives to one workflow. */
  migrationSizes?: Pick<MigrationDeps, 'pageSize' | 'rangeSize'>;
  deps: Deps;
}

export interface Workers {
  /** Ends when the workers have been shut down; rejects when one fails. */
  run(): Promise<void>;
  /** Hands unfinished tasks over to other workers. */
  shutdown(): void;
  areRunning(): boolean;
}

const SHARED = {
  // A cancel reaches an activity with the answer to a heartbeat, so these are not held back for long.
  maxHeartbeatThrottleInterval: '2 seconds',
  // Activities that wait for Proxmox stop at once; another worker goes on from what is saved.
  shutdownGraceTime: '1 second',
  shutdownForceTime: '20 seconds',
} as const;

/** Of the workers for operations; measured with workflows that do nothing, too. */
export const WORKER_SETTINGS = {
  servers: { ...SHARED, maxConcurrentActivityTaskExecutions: 20, maxCachedWorkflows: 1_000 },
  // Nearly all of them wait; one that waits costs a timer. Those in line for a slot must leave room for power actions.
  proxmox: { ...SHARED, maxConcurrentActivityTaskExecutions: 5_000 },
  mail: { ...SHARED, maxConcurrentActivityTaskExecutions: 10 },
} as const;

/**
 * One worker for workflows and database activities, one for the calls to Proxmox, one for mail, one for migrations, on one
 * connection.
 */
export async function createWorkers(options: WorkersOptions): Promise<Workers> {
  const { connection, namespace, workflowBundle, identity, queuePrefix, migrationSizes, deps } = options;
  const queues = taskQueues(queuePrefix);
  const common = { connection, namespace, ...(identity ? { identity } : {}) };
  const workflows = workflowBundle
    ? { workflowBundle: { codePath: workflowBundle } }
    : { workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) };
  const servers = await Worker.create({
    ...common,
    ...workflows,
    taskQueue: queues.servers,
    activities: createDatabaseActivities(deps),
    ...WORKER_SETTINGS.servers,
  });
  const proxmox = await Worker.create({
    ...common,
    taskQueue: queues.proxmox,
    activities: createProxmoxActivities(deps),
    ...WORKER_SETTINGS.proxmox,
  });
  const mail = await Worker.create({
    ...common,
    taskQueue: queues.mail,
    activities: createMailActivities(deps),
    ...WORKER_SETTINGS.mail,
  });
  const { database, secretBox, clusters } = deps;
  const migrations = createMigrationActivities({
    database,
    secretBox,
    listVms: async (clusterId) => listClusterVms((await clusters.of(clusterId)).proxmox),
    listAddresses: async ({ clusterId, node, vmid }) =>
      listVmAddresses((await clusters.of(clusterId)).proxmox, node, vmid),
    ...migrationSizes,
  });
  const migration = await Worker.create({
    ...common,
    ...SHARED,
    ...workflows,
    taskQueue: queues.migration,
    activities: migrations.activities,
    // They share one processor with everything else in this process.
    maxConcurrentActivityTaskExecutions: 4,
    maxCachedWorkflows: 50,
  });
  const all = [servers, proxmox, mail, migration];
  const shutdown = () => {
    for (const worker of all) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  return {
    async run() {
      // When one fails the other must not go on alone.
      await Promise.all(all.map((worker) => worker.run().finally(shutdown)));
      await migrations.close();
    },
    shutdown,
    areRunning: () => all.every((worker) => worker.getState() === 'RUNNING'),
  };
}
