import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createClusterAccess } from '../activities/cluster-access.ts';
import { watchClusters } from '../activities/watch-cluster.ts';
import { loadConfig } from '../config.ts';
import { connectDatabase } from '../db/connect.ts';
import { createSecretBox } from '../db/secrets.ts';
import { createLog } from '../log.ts';

/**
 * The watcher of a worker without the worker. Prints `ready` after its first look, and at the end as JSON the milliseconds for
 * which it held up everything else in the process.
 */
const config = loadConfig('worker', process.env);
const database = connectDatabase(config.DATABASE_URL, { poolSize: config.BERTH_DATABASE_POOL });
const clusters = createClusterAccess({ database, secretBox: createSecretBox(config.BERTH_SECRETS_KEY) });
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
const delays = monitorEventLoopDelay({ resolution: 5 });
let isReady = false;
await watchClusters({
  database,
  databaseUrl: config.DATABASE_URL,
  clusters,
  log: createLog('watcher', 'warn'),
  signal: stopping.signal,
  onFirstLook() {
    if (!isReady) console.log('ready');
    isReady = true;
    delays.enable();
  },
});
console.log(JSON.stringify({ p99: delays.percentile(99) / 1e6, max: delays.max / 1e6 }));
await clusters.close();
await database.destroy();
