import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import type { Accepted } from '../contract/servers.ts';
import { connectDatabase, type Database } from '../db/connect.ts';
import { createPool } from '../db/create-pool.ts';
import { createUser } from '../db/create-user.ts';
import { migrateToLatest } from '../db/migrate.ts';
import { Membership } from '../db/models/membership.ts';
import { Plan } from '../db/models/plan.ts';
import { Template } from '../db/models/template.ts';
import { apiService, workerService } from '../testbed/berth-services.ts';
import { freePort } from '../testbed/free-port.ts';
import { startSimulator, type Simulator } from '../testbed/proxmox/simulator.ts';
import type { ServiceSpec } from '../testbed/service.ts';
import { createSupervisor } from '../testbed/supervisor.ts';
import { preparePostgres } from '../testbed/postgres-server.ts';
import { prepareTemporal } from '../testbed/temporal-server.ts';
import { bundleWorkflows } from '../workflows/bundle.ts';
import { withCleanUp, type Undo } from './with-clean-up.ts';

/** What can be killed. */
export const PARTS = ['api', 'worker', 'temporal', 'postgres'] as const;
export type Part = (typeof PARTS)[number];

/** The whole product on loopback: PostgreSQL, Temporal, one api and one worker process; the simulator in this process. */
export interface BenchEstate {
  database: Database;
  databaseUrl: string;
  simulator: Simulator;
  apiUrl: string;
  /** host:port; empty where only the API is measured. */
  temporalAddress: string;
  planId: string;
  templateId: string;
  accountId: string;
  customer: { email: string; password: string };
  /** A folder that is removed at the end. */
  folder: string;
  /** Process ids as they are now. */
  pids(): Record<'api' | 'worker' | 'postgres' | 'temporal', number>;
  /** Where the two tell about themselves for Prometheus. */
  metricsUrls: { worker: string; temporal: string };
  /** Kills a process with SIGKILL; it is started again. */
  kill(part: Part): void;
  /** Orders a server as a customer does. */
  order(name: string): Promise<Accepted>;
  /** Calls the API as the customer; throws when the answer is no 2xx. */
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** Good for ten minutes from when it was given out. */
  accessToken(): Promise<string>;
}

export interface EstateOptions {
  /** Of the simulator: 1 is realistic, 0 as fast as possible. */
  speed?: number;
  /** Of the simulated cluster; 3 when left out. */
  nodes?: number;
  /** Proxmox, Temporal and the worker are left out where only the API is measured. */
  apiOnly?: boolean;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TOKEN_MS = 5 * 60_000;
/** A template of 4 GiB takes 6.4 s at speed 1 (4 × 1.5 s, and 0.4 s for the cloud-init drive). */
export const SPEED_FOR_CLONE_OF_5_S = 5 / 6.4;

/** Sets everything up, runs `measure`, and takes everything down again, also after an error or Ctrl-C. */
export async function withEstate(
  options: EstateOptions,
  measure: (estate: BenchEstate) => Promise<void>,
): Promise<void> {
  await withCleanUp(async (undo) => measure(await setUp(options, undo)));
}

async function setUp(
  { speed = 1, nodes = 3, apiOnly = false }: EstateOptions,
  undo: Undo[],
): Promise<BenchEstate> {
  console.error('setting up …');
  const folder = await mkdtemp(join(tmpdir(), 'berth-bench-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const simulator = await startSimulator({ speed, nodes });
  undo.push(() => simulator.close());
  const supervisor = createSupervisor({
    onProgress: console.error,
    onChange: async () => undefined,
    signal: new AbortController().signal,
  });
  const {
    spec: postgres,
    url: databaseUrl,
    dataDir,
  } = await preparePostgres({
    dataDir: join(folder, 'postgres'),
    durable: true,
    onProgress: console.error,
  });
  undo.push(() => rm(dataDir, { recursive: true, force: true }));
  undo.push(() => supervisor.stop());
  await supervisor.start([{ ...postgres, removeDir: dataDir }]);
  const database = connectDatabase(databaseUrl);
  undo.push(() => database.destroy());
  await migrateToLatest(database);

  const bundle = join(folder, 'workflow-bundle.js');
  const metricsPort = await freePort();
  const temporal = apiOnly
    ? undefined
    : await prepareTemporal({
        headless: true,
        metricsPort,
        dbFile: join(folder, 'temporal.db'),
        onProgress: console.error,
      });
  if (temporal) await supervisor.start([temporal.spec]);
  if (!apiOnly) await bundleWorkflows(bundle);

  const [apiPort, workerPort] = [await freePort(), await freePort()] as const;
  const env = {
    DATABASE_URL: databaseUrl,
    // Nobody listens on port 9.
    TEMPORAL_ADDRESS: temporal?.address ?? '127.0.0.1:9',
    BERTH_SECRETS_KEY: randomBytes(32).toString('base64'),
    BERTH_JWT_SECRET: randomBytes(32).toString('hex'),
    BERTH_API_PORT: String(apiPort),
    BERTH_WORKER_PORT: String(workerPort),
    BERTH_WORKFLOW_BUNDLE: bundle,
    PROXMOX_URL: simulator.url,
    PROXMOX_FINGERPRINT: simulator.fingerprint,
    PROXMOX_TOKEN_ID: simulator.token.id,
    PROXMOX_TOKEN_SECRET: simulator.token.secret,
  };
  const start = (spec: ServiceSpec) =>
    supervisor.start([loggingToFile(spec, join(folder, `${spec.name}.log`))]);
  const common = { root: ROOT, logFile: '', env, onLine: () => undefined };
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const api = apiService(apiUrl, common);
  if (apiOnly) api.ready = (signal) => untilListening(`${apiUrl}/healthz`, signal);
  else await start(workerService(`http://127.0.0.1:${workerPort}`, common));
  await start(api);
  const goods = apiOnly ? { planId: '', templateId: '' } : await addGoods(database);
  const person = await addCustomer(database);
  return {
    database,
    databaseUrl,
    simulator,
    apiUrl,
    temporalAddress: temporal?.address ?? '',
    folder,
    pids() {
      const nobody = { api: Number.NaN, worker: Number.NaN, postgres: Number.NaN, temporal: Number.NaN };
      return { ...nobody, ...supervisor.pids() };
    },
    metricsUrls: {
      worker: `http://127.0.0.1:${workerPort}/metrics`,
      temporal: `http://127.0.0.1:${metricsPort}/metrics`,
    },
    kill(part) {
      const pid = supervisor.pids()[part];
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    },
    ...goods,
    ...person,
    ...client(apiUrl, person, goods, undo),
  };
}

/** Straight into a file, as a service manager does, so that reading the log costs this process nothing. */
function loggingToFile(spec: ServiceSpec, file: string): ServiceSpec {
  const { logFile: _, ...others } = spec;
  return {
    ...others,
    command: 'sh',
    args: ['-c', 'log=$1; shift; exec "$@" >>"$log" 2>&1', 'sh', file, spec.command, ...spec.args],
  };
}

async function untilListening(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (
      await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A plan small enough for a thousand servers on the simulator's three nodes, and an address for each. */
async function addGoods(database: Database): Promise<{ planId: string; templateId: string }> {
  await createPool(database, {
    cluster: 'default',
    network: '10.64.0.0/16',
    gateway: '10.64.0.1',
    first: '10.64.1.1',
    count: 1_200,
    bridge: 'vmbr0',
    nameserver: ['10.64.0.2'],
  });
  const plan = await Plan.query(database).insertAndFetch({
    name: 'Bench',
    vcpu: 1,
    memoryMib: 512,
    diskGib: 10,
  });
  const template = await Template.query(database).findOne({ name: 'debian-12' }).throwIfNotFound();
  return { planId: plan.id, templateId: template.id };
}

async function addCustomer(database: Database) {
  const { user, password } = await createUser(database, {
    email: 'bench@example.test',
    role: 'customer',
    maxServers: 100_000,
  });
  const { accountId } = await Membership.query(database).findOne({ userId: user.id }).throwIfNotFound();
  return { customer: { email: user.email, password }, accountId };
}

function client(
  apiUrl: string,
  { customer }: Awaited<ReturnType<typeof addCustomer>>,
  goods: { planId: string; templateId: string },
  undo: Undo[],
): Pick<BenchEstate, 'order' | 'call' | 'accessToken'> {
  const dispatcher = new Agent({ connections: 32 });
  undo.push(() => dispatcher.close());
  let token: { value: Promise<string>; at: number } | undefined;

  async function send(method: 'GET' | 'POST' | 'DELETE', path: string, body: unknown, bearer?: string) {
    const answer = await request(`${apiUrl}${path}`, {
      method,
      dispatcher,
      headers: {
        ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
        ...(method === 'GET' ? {} : { 'idempotency-key': randomUUID() }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    return JSON.parse(text) as unknown;
  }
  const accessToken = () => {
    if (!token || Date.now() - token.at > TOKEN_MS) {
      const value = send('POST', '/login', customer).then(
        (it) => (it as { accessToken: string }).accessToken,
      );
      token = { value, at: Date.now() };
    }
    return token.value;
  };
  const call = async <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) =>
    (await send(method, path, body, await accessToken())) as T;
  return { accessToken, call, order: (name) => call('POST', '/servers', { name, ...goods }) };
}
