import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { ClusterAccess } from '../activities/cluster-access.ts';
import { DEFAULT_TIMING } from '../activities/deps.ts';
import { createWorkers } from '../activities/run-workers.ts';
import { createSlotQueue } from '../activities/slot-queue.ts';
import { loadConfig } from '../config.ts';
import { connectDatabase } from '../db/connect.ts';
import { createSecretBox } from '../db/secrets.ts';

/**
 * The product's workers without the watcher: a cluster's VMs come from a file with what Proxmox would answer, since a
 * hundred thousand of them are no part of what is measured. Prints `ready`.
 */
const [folder = '', temporalAddress = ''] = process.argv.slice(2);
Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });
const config = loadConfig('worker', process.env);
const database = connectDatabase(config.DATABASE_URL, { poolSize: config.BERTH_DATABASE_POOL });
const connection = await NativeConnection.connect({ address: temporalAddress });
// Of a cluster's connection a migration uses the first call; the others only where names tie, and here they say nothing.
const clusters = {
  of: async (id: string) => ({
    proxmox: {
      clusterResources: async () => JSON.parse(await readFile(join(folder, `${id}.json`), 'utf8')) as unknown,
      vmConfig: async () => ({ values: {} }),
      agentInterfaces: async () => [],
    },
  }),
} as unknown as ClusterAccess;
const workers = await createWorkers({
  connection,
  namespace: 'default',
  workflowBundle: config.BERTH_WORKFLOW_BUNDLE,
  deps: {
    database,
    secretBox: createSecretBox(config.BERTH_SECRETS_KEY),
    clusters,
    slots: createSlotQueue(database),
    timing: DEFAULT_TIMING,
  },
});
process.once('SIGTERM', () => workers.shutdown());
console.log('ready');
await workers.run();
await connection.close();
await database.destroy();
