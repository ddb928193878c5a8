import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { loadConfig } from '../config.ts';
import { connectDatabase } from '../db/connect.ts';
import { createSecretBox } from '../db/secrets.ts';
import { createLog } from '../log.ts';
import { connectionOf, testConnection } from '../proxmox/connection-test.ts';
import { createApp } from './app.ts';
import { EventHub } from './event-hub.ts';
import { inspectVm, listUnclaimedVms } from './look-at-cluster.ts';
import { startSweeper } from './sweeper.ts';

const config = loadConfig('api', process.env);
const log = createLog('api', config.BERTH_LOG_LEVEL);
const database = connectDatabase(config.DATABASE_URL, { poolSize: config.BERTH_DATABASE_POOL });
// Lazy: the API takes requests while Temporal is away, and the sweeper starts their workflows later.
const { connectionOptions, namespace } = loadClientConnectConfig();
const connection = Connection.lazy(connectionOptions);
const temporal = new Client({
  connection,
  ...(namespace ? { namespace } : {}),
  identity: `berth-api@${hostname()}:${process.pid}`,
});
const events = new EventHub({ database, url: config.DATABASE_URL, log });
const dashboardDir = fileURLToPath(new URL('../web/dist', import.meta.url));
const app = createApp({
  database,
  temporal,
  log,
  secretBox: createSecretBox(config.BERTH_SECRETS_KEY),
  jwtSecret: config.BERTH_JWT_SECRET,
  events,
  testConnection: (given) => testConnection(connectionOf(given)),
  inspectVm: (input) => inspectVm({ temporal, queuePrefix: config.BERTH_QUEUE_PREFIX }, input),
  listUnclaimedVms: (input) => listUnclaimedVms({ temporal, queuePrefix: config.BERTH_QUEUE_PREFIX }, input),
  trustProxy: config.BERTH_TRUST_PROXY,
  queuePrefix: config.BERTH_QUEUE_PREFIX,
  ...(config.BERTH_QUARANTINE_HOURS === undefined ? {} : { quarantineHours: config.BERTH_QUARANTINE_HOURS }),
  ...(config.BERTH_DELETE_GRACE_HOURS === undefined
    ? {}
    : { deleteGraceHours: config.BERTH_DELETE_GRACE_HOURS }),
  ...(existsSync(dashboardDir) ? { dashboardDir } : {}),
  ...(config.TEMPORAL_UI_URL
    ? { workflowUi: workflowUi(config.TEMPORAL_UI_URL, namespace ?? 'default') }
    : {}),
  sendsMail: config.BERTH_MAIL_URL !== undefined,
  ...(config.BERTH_PUBLIC_URL ? { publicUrl: config.BERTH_PUBLIC_URL } : {}),
});
// Koa's handler never rejects: it answers its own errors.
const handle = app.callback();
const server = createServer((req, res) => void handle(req, res));
await listen(server, config.BERTH_API_PORT, config.BERTH_API_HOST);
const { address, port } = server.address() as AddressInfo; // a TCP server's address
log.info({ address, port }, 'listening');
const sweeper = startSweeper({ database, temporal, log, queuePrefix: config.BERTH_QUEUE_PREFIX });
void events.start();

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));

/** Ends event streams first, lets running requests finish, and gives up after ten seconds. */
async function stop(signal: string): Promise<void> {
  log.info({ signal }, 'stopping');
  setTimeout(() => process.exit(1), 10_000).unref();
  const closed = new Promise((resolve) => server.close(resolve));
  await events.close();
  server.closeIdleConnections();
  await closed;
  await sweeper.stop();
  await database.destroy();
  log.info('stopped');
  // The connection to Temporal is not closed: the SDK's retry of an earlier call would throw on a closed channel.
  process.exit(0);
}

function workflowUi(temporalUi: string, inNamespace: string): string {
  return `${temporalUi.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(inNamespace)}/workflows/`;
}

async function listen(httpServer: Server, onPort: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    httpServer.once('error', reject);
    httpServer.listen(onPort, host, resolve);
  });
}
