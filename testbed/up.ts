import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { apiService, simulatorService, workerService } from './berth-services.ts';
import { bringUpWhmcs, describeWhmcs, registerClusters, WHMCS_PORTS } from './bring-up-whmcs.ts';
import { buildWeb } from './build-web.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import { importantLine } from './logs.ts';
import { checkOutsideTemporal, outsideParts } from './outside-parts.ts';
import { choosePorts, type PortWish } from './ports.ts';
import { preparePostgres } from './postgres-server.ts';
import { runTask, type RunNamedTask } from './run-task.ts';
import { describeRun } from './describe-run.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import { runStack, stackFiles, type RunInfo, type Stack } from './stack.ts';
import { formatElapsed } from './temporal-build.ts';
import { findTemporal, serverVersion } from './temporal-binary.ts';
import { prepareTemporal } from './temporal-server.ts';

const ROOT = join(import.meta.dirname, '..');
const DATA_DIR = resolve(process.env['BERTH_DATA_DIR'] || join(ROOT, '.berth'));
const HOST = '127.0.0.1';
const TOKEN_ID = 'berth@pve!berth';
const SPEED = process.env['BERTH_PROXMOX_SPEED'] || '1';

const API: PortWish = { name: 'api', setting: 'BERTH_API_PORT', usual: 3000 };
const WORKER: PortWish = { name: 'worker', setting: 'BERTH_WORKER_PORT', usual: 3001 };
const POSTGRES: PortWish = { name: 'postgres', setting: 'BERTH_POSTGRES_PORT', usual: 54_329 };
const TEMPORAL: PortWish[] = [
  { name: 'temporal', setting: 'BERTH_TEMPORAL_PORT', usual: 7233 },
  { name: 'temporalUi', setting: 'BERTH_TEMPORAL_UI_PORT', usual: 8233 },
];
const PROXMOX: PortWish[] = [
  { name: 'proxmox', setting: 'BERTH_PROXMOX_PORT', usual: 8006 },
  { name: 'proxmoxControl', setting: 'BERTH_PROXMOX_CONTROL_PORT', usual: 8016 },
];

const started = Date.now();
const onProgress = (message: string) =>
  console.log(`[${formatElapsed(Date.now() - started).padStart(4)}] ${message}`);
const { logs } = stackFiles(DATA_DIR);
/** Where mails lie that nobody sends. */
const OUTBOX = pathToFileURL(join(DATA_DIR, 'outbox')).href;
const logFile = (name: string) => join(logs, `${name}.log`);

/** Brings up everything the environment does not name, in the order in which one part needs the other. */
async function bringUp(stack: Stack): Promise<RunInfo> {
  const { signal } = stack;
  const outside = outsideParts(process.env);
  const secrets = await loadSecrets(join(DATA_DIR, 'secrets.json'));
  const ports = await reservePorts([
    API,
    WORKER,
    ...(outside.databaseUrl ? [] : [POSTGRES]),
    ...(outside.temporal ? [] : TEMPORAL),
    ...(outside.proxmoxUrl ? [] : PROXMOX),
    ...(outside.wantsWhmcs ? WHMCS_PORTS : []),
  ]);
  const common = (name: string) => ({ root: ROOT, env: {}, logFile: logFile(name), onLine: echo(name) });
  // Never rejects, and is waited for when the database can take its clusters.
  const whmcs = outside.wantsWhmcs
    ? bringUpWhmcs({
        stack,
        dir: join(DATA_DIR, 'whmcs'),
        ports,
        secrets,
        speed: SPEED,
        ...(outside.whmcsSize ? { size: outside.whmcsSize } : {}),
        common,
      })
    : Promise.resolve(undefined);
  const [database, temporal, proxmox] = await Promise.all([
    bringUpDatabase(stack, outside.databaseUrl, ports['postgres'], secrets.postgresPassword),
    bringUpTemporal(stack, outside.temporal, ports),
    bringUpProxmox(stack, outside.proxmoxUrl, ports, secrets.proxmoxTokenSecret),
    buildWeb({ root: ROOT, logFile: logFile('web'), signal, onProgress }),
  ]);
  const apiUrl = `http://${HOST}:${ports['api']}`;
  const customer = { email: 'customer@berth.test', password: secrets.customerPassword };
  const admin = { email: 'admin@berth.test', password: secrets.adminPassword };
  const env = { ...ownEnvironment(secrets, ports), DATABASE_URL: database, ...temporal.env, ...proxmox.env };
  const task: RunNamedTask = (name, args, more = {}) =>
    runTask({ name, args, cwd: ROOT, env: { ...env, ...more }, logFile: logFile(name), signal });
  onProgress('bringing the database schema up to date');
  await task('migrate', ['db/cli.ts', 'migrate']);
  onProgress('adding the demo data');
  const [source] = await Promise.all([
    whmcs,
    seed(task, customer, admin, outside.proxmoxUrl === undefined),
    whmcs.then((provider) => registerClusters(task, provider?.clusters ?? [])),
  ]);
  onProgress('starting the API and the worker');
  await stack.start([
    apiService(apiUrl, { ...common('api'), env }),
    workerService(`http://${HOST}:${ports['worker']}`, { ...common('worker'), env }),
  ]);
  return {
    apiUrl,
    dashboardUrl: `${apiUrl}/app/`,
    ...temporal.run,
    databaseUrl: database,
    ...proxmox.run,
    ...(source ? describeWhmcs(source) : { whmcsDatabaseUrl: outside.whmcsUrl }),
    customer,
    admin,
  };
}

function ownEnvironment(secrets: Secrets, ports: Record<string, number>): Record<string, string> {
  return {
    BERTH_LOG_LEVEL: process.env['BERTH_LOG_LEVEL'] ?? 'info',
    BERTH_JWT_SECRET: process.env['BERTH_JWT_SECRET'] || secrets.jwtSecret,
    BERTH_SECRETS_KEY: process.env['BERTH_SECRETS_KEY'] || secrets.secretsKey,
    BERTH_API_HOST: HOST,
    BERTH_API_PORT: String(ports['api']),
    BERTH_MAIL_URL: process.env['BERTH_MAIL_URL'] || OUTBOX,
    BERTH_MAIL_FROM: process.env['BERTH_MAIL_FROM'] || 'Berth <berth@localhost>',
    BERTH_WORKER_HOST: HOST,
    BERTH_WORKER_PORT: String(ports['worker']),
  };
}

async function reservePorts(wishes: PortWish[]): Promise<Record<string, number>> {
  const file = join(DATA_DIR, 'ports.json');
  const former = (await readJsonFile<Record<string, number>>(file)) ?? {};
  const ports = await choosePorts(wishes, { env: process.env, former, onProgress });
  await writeJsonFile(file, { ...former, ...ports });
  return ports;
}

async function bringUpDatabase(
  stack: Stack,
  outsideUrl: string | undefined,
  port: number | undefined,
  password: string,
): Promise<string> {
  if (outsideUrl) return outsideUrl;
  const { spec, url } = await preparePostgres({
    dataDir: join(DATA_DIR, 'postgres'),
    durable: true,
    password,
    logFile: logFile('postgres'),
    onProgress,
    ...(port ? { port } : {}),
  });
  await stack.start([spec]);
  onProgress('PostgreSQL answers');
  return url;
}

/** What a part adds to the environment of the programs and to run.json. */
interface Part {
  env: Record<string, string>;
  run: Record<string, unknown>;
}

async function bringUpTemporal(
  stack: Stack,
  outside: { address: string; namespace: string } | undefined,
  ports: Record<string, number>,
): Promise<Part> {
  if (outside) {
    await checkOutsideTemporal();
    onProgress(`Temporal at ${outside.address} answers`);
    const uiUrl = process.env['TEMPORAL_UI_URL'];
    return { env: {}, run: { temporalAddress: outside.address, ...(uiUrl ? { temporalUiUrl: uiUrl } : {}) } };
  }
  const executable = await findTemporal({ onProgress, signal: stack.signal });
  const dir = join(DATA_DIR, 'temporal');
  await mkdir(dir, { recursive: true });
  // A person's own profile, for other servers, must not lend this one its TLS or key.
  const clientConfig = join(dir, 'client.toml');
  await writeFile(clientConfig, '[profile.default]\n');
  const { spec, address, uiUrl } = await prepareTemporal({
    executable,
    // The server does not carry its file over to another version.
    dbFile: join(dir, `server-${await serverVersion(executable)}.db`),
    logFile: logFile('temporal'),
    ...(ports['temporal'] ? { port: ports['temporal'] } : {}),
    ...(ports['temporalUi'] ? { uiPort: ports['temporalUi'] } : {}),
  });
  await stack.start([spec]);
  onProgress('Temporal answers');
  return {
    env: {
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: 'default',
      TEMPORAL_UI_URL: uiUrl ?? '',
      TEMPORAL_CONFIG_FILE: clientConfig,
    },
    run: { temporalUiUrl: uiUrl, temporalAddress: address },
  };
}

async function bringUpProxmox(
  stack: Stack,
  outsideUrl: string | undefined,
  ports: Record<string, number>,
  tokenSecret: string,
): Promise<Part> {
  if (outsideUrl) return { env: {}, run: { proxmoxUrl: outsideUrl } };
  const url = `https://${HOST}:${ports['proxmox']}`;
  const env = { PROXMOX_URL: url, PROXMOX_TOKEN_ID: TOKEN_ID, PROXMOX_TOKEN_SECRET: tokenSecret };
  const dir = join(DATA_DIR, 'proxmox');
  await mkdir(dir, { recursive: true });
  const { spec, fingerprint } = simulatorService({
    name: 'proxmox',
    root: ROOT,
    env,
    logFile: logFile('proxmox'),
    onLine: echo('proxmox'),
    port: ports['proxmox'] ?? 0,
    controlPort: ports['proxmoxControl'] ?? 0,
    stateFile: join(dir, 'state.json'),
    speed: SPEED,
  });
  await stack.start([spec]);
  onProgress('the Proxmox simulator answers');
  return {
    env: {
      ...env,
      PROXMOX_FINGERPRINT: fingerprint(),
      PROXMOX_SNIPPETS_STORAGE: 'local',
      PROXMOX_SNIPPETS_DIR: dir,
      PROXMOX_RESCUE_ISO: 'local:iso/rescue.iso',
    },
    run: { proxmoxUrl: url, proxmoxControlUrl: `http://${HOST}:${ports['proxmoxControl']}` },
  };
}

interface Login {
  email: string;
  password: string;
}

async function seed(task: RunNamedTask, customer: Login, admin: Login, isSimulated: boolean): Promise<void> {
  await task('seed', ['db/seed.ts'], {
    BERTH_CUSTOMER_EMAIL: customer.email,
    BERTH_CUSTOMER_PASSWORD: customer.password,
    BERTH_ADMIN_EMAIL: admin.email,
    BERTH_ADMIN_PASSWORD: admin.password,
    BERTH_SEED_SIMULATOR: isSimulated ? '1' : '0',
  });
}

function echo(name: string): (line: string) => void {
  return (line) => {
    const important = importantLine(line);
    if (important) onProgress(`${name}: ${important}`);
  };
}

/** Terminal and npm may both pass one Ctrl-C on, so a second one counts only after a while. */
const SAME_KEY_MS = 1_000;

async function main(): Promise<void> {
  const end = new AbortController();
  const force = new AbortController();
  let askedAt = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!end.signal.aborted) {
        askedAt = Date.now();
        onProgress('stopping (Ctrl-C again does not wait for anybody)');
        end.abort();
      } else if (Date.now() - askedAt > SAME_KEY_MS) {
        force.abort();
      }
    });
  }
  // The terminal may be gone before the children are.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const files = stackFiles(DATA_DIR);
  await runStack(
    {
      dataDir: DATA_DIR,
      onProgress,
      signal: end.signal,
      force: force.signal,
      onUp: (run) => console.log(describeRun(run, files)),
    },
    bringUp,
  );
  onProgress('everything has stopped');
}

try {
  await main();
} catch (err) {
  console.error(`\n${err instanceof Error ? err.message : String(err)}`);
  process.exitCode = 1;
}
