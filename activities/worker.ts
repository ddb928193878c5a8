import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { createClusterAccess } from './cluster-access.ts';
import { DEFAULT_TIMING } from './deps.ts';
import { createMailer } from './mailer.ts';
import { createWorkers } from './run-workers.ts';
import { createSlotQueue } from './slot-queue.ts';
import { scheduleReconciles } from './schedule-reconciles.ts';
import { watchClusters } from './watch-cluster.ts';
import { loadConfig } from '../config.ts';
import { connectDatabase } from '../db/connect.ts';
import { ensureClusterFromEnv } from '../db/ensure-cluster.ts';
import { Cluster } from '../db/models/cluster.ts';
import { createSecretBox } from '../db/secrets.ts';
import { createLog } from '../log.ts';

const config = loadConfig('worker', process.env);
const log = createLog('worker', config.BERTH_LOG_LEVEL);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

Runtime.install({
  logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
    if (level === 'ERROR') log.error({ temporal: meta }, message);
    // The workers for Proxmox and mail have activities only, as meant.
    else if (message.startsWith('No workflows registered')) log.debug(message);
    else if (level === 'WARN') log.warn({ temporal: meta }, message);
    else log.debug({ temporal: meta }, message);
  }),
  telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  // Signals are handled above, together with the watcher and the HTTP server.
  shutdownSignals: [],
});

const metrics = new Registry();
collectDefaultMetrics({ register: metrics });
const proxmoxCalls = new Histogram({
  name: 'berth_proxmox_call_seconds',
  help: 'Calls to Proxmox by method, path and HTTP status (0: no answer)',
  labelNames: ['method', 'path', 'status'],
  registers: [metrics],
});

const database = connectDatabase(config.DATABASE_URL, { poolSize: config.BERTH_DATABASE_POOL });
const secretBox = createSecretBox(config.BERTH_SECRETS_KEY);
const clusters = createClusterAccess({
  database,
  secretBox,
  onCall: ({ method, template, status, ms }) =>
    proxmoxCalls.observe({ method, path: template, status: String(status ?? 0) }, ms / 1000),
});

let isReady = () => false;
const health = createServer((req, res) => {
  if (req.url === '/metrics') {
    void metrics
      .metrics()
      .then((text) => res.writeHead(200, { 'content-type': metrics.contentType }).end(text));
  } else if (req.url === '/healthz') {
    const ready = isReady();
    res.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify({ ready }));
  } else res.writeHead(404).end();
});
health.listen(config.BERTH_WORKER_PORT, config.BERTH_WORKER_HOST);

/** Tries until it works: what a worker needs may come up after it, or be away for a while. */
async function untilItWorks<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  for (let waitMs = 500; ; waitMs = Math.min(waitMs * 2, 10_000)) {
    try {
      return await attempt();
    } catch (err) {
      stopping.signal.throwIfAborted();
      log.warn({ err, waitMs }, `waiting for ${what}`);
      await delay(waitMs, undefined, { signal: stopping.signal });
    }
  }
}

async function main(): Promise<void> {
  await untilItWorks('PostgreSQL', () => ensureClusterFromEnv(database, secretBox, config));
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connection = await untilItWorks('Temporal', () => NativeConnection.connect(connectionOptions));
  const workers = await createWorkers({
    connection,
    namespace,
    workflowBundle: config.BERTH_WORKFLOW_BUNDLE,
    queuePrefix: config.BERTH_QUEUE_PREFIX,
    identity: `worker@${hostname()}:${process.pid}`,
    deps: {
      database,
      secretBox,
      clusters,
      slots: createSlotQueue(database),
      timing: DEFAULT_TIMING,
      ...(config.BERTH_MAIL_URL && config.BERTH_MAIL_FROM
        ? { sendMail: createMailer(config.BERTH_MAIL_URL, config.BERTH_MAIL_FROM) }
        : {}),
    },
  });
  const unseen = new Set((await Cluster.query(database)).map(({ id }) => id));
  const watching = watchClusters({
    database,
    databaseUrl: config.DATABASE_URL,
    clusters,
    log,
    signal: stopping.signal,
    onFirstLook: (clusterId) => unseen.delete(clusterId),
  });
  const scheduling = scheduleReconciles({
    client: new Client({ connection, namespace }),
    database,
    queuePrefix: config.BERTH_QUEUE_PREFIX,
    log,
    signal: stopping.signal,
  });
  // Customers can order once templates are known; a cluster that cannot be read must not hold the worker up.
  isReady = () => workers.areRunning() && unseen.size === 0;
  stopping.signal.addEventListener('abort', () => workers.shutdown());
  log.info({ namespace }, 'worker started');
  try {
    await workers.run();
  } finally {
    stopping.abort();
    await Promise.all([watching, scheduling]);
    await connection.close();
  }
}

try {
  await main();
} catch (err) {
  if (!stopping.signal.aborted) {
    log.error({ err }, 'worker failed');
    process.exitCode = 1;
  }
} finally {
  stopping.abort();
  await clusters.close();
  await database.destroy();
  health.close();
  health.closeAllConnections();
}
