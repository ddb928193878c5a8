import { createHash, randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import mysql from 'mysql2/promise';
import { freePort } from './free-port.ts';
import { findMariadb, type MariadbPrograms } from './mariadb-programs.ts';
import { makePrivateDir, reachableDataDir, systemAccount, type Account } from './postgres-account.ts';
import { identifyProcess, readCommandLine } from './process-identity.ts';
import { startService, type ServiceSpec } from './service.ts';
import { waitUntil } from './wait-until.ts';

const DATABASE = 'whmcs';
const USER = 'whmcs';
const READER = 'whmcs_reader';
const PID_FILE = 'mariadbd.pid';
const INIT_FILE = 'berth-init.sql';

export interface MariadbOptions {
  /** Made when missing; moved elsewhere when the account MariaDB runs as cannot get there (see `dataDir` of the answer). */
  dataDir: string;
  /** A free one when left out. */
  port?: number;
  /** False for tests: nothing is synced to disk, and the data is removed on stop. */
  durable: boolean;
  /** Of both users; generated when left out. May differ from start to start. */
  password?: string;
  logFile?: string;
  onProgress?: (message: string) => void;
  /** Throws when there is no MariaDB to be had. */
  find?: typeof findMariadb;
}

export interface MariadbServer {
  /** mysql://, database `whmcs`, a user who may do everything. */
  url: string;
  /** The same database for a user who may only read, as a careful provider would grant. */
  readerUrl: string;
  pid: number;
  dataDir: string;
  /** Without `durable` the data goes too, unless it is kept to be started with again. */
  stop(options?: { keepsData?: boolean }): Promise<void>;
}

/** Starts MariaDB on loopback with an empty or existing database `whmcs`, configured as WHMCS needs it. */
export async function startMariadb(options: MariadbOptions): Promise<MariadbServer> {
  const { spec, url, readerUrl, dataDir } = await prepareMariadb(options);
  const service = await startService(spec);
  const stop = async ({ keepsData = options.durable } = {}) => {
    await service.stop();
    if (!keepsData) await rm(dataDir, { recursive: true, force: true });
  };
  return { url, readerUrl, pid: service.pid, dataDir, stop };
}

/** Makes the data directory if needed and says how to run the server. */
export async function prepareMariadb(
  options: MariadbOptions,
): Promise<{ spec: ServiceSpec; url: string; readerUrl: string; dataDir: string }> {
  const { durable, password = randomBytes(18).toString('base64url'), onProgress = () => undefined } = options;
  if (!/^[\w-]+$/.test(password))
    throw new Error('the password of MariaDB may hold letters, digits, - and _');
  const programs = await (options.find ?? findMariadb)(onProgress);
  if (programs.kind === 'docker')
    onProgress(`MariaDB runs in Docker (${programs.image}, loaded when it is used first)`);
  const account = programs.kind === 'docker' ? {} : await systemAccount('mysql', 'MariaDB', onProgress);
  const dataDir = await reachableDataDir(options.dataDir, account, 'mariadb');
  if (dataDir !== options.dataDir) onProgress(`MariaDB keeps its data in ${dataDir}`);
  await createDataDir({ programs, account, dataDir, onProgress });
  await writeInitFile(dataDir, password, account);

  const port = options.port ?? (await freePort());
  const urlOf = (user: string) => `mysql://${user}:${password}@127.0.0.1:${port}/${DATABASE}`;
  const url = urlOf(USER);
  const spec: ServiceSpec = {
    name: 'mariadb',
    ...commandFor({ programs, account, dataDir, port, durable }),
    cwd: dataDir,
    ...account,
    ...(options.logFile ? { logFile: options.logFile } : {}),
    beforeStart: () =>
      programs.kind === 'docker' ? removeContainer(programs.docker, dataDir) : endFormerServer(dataDir),
    ready: (signal) => waitUntilConnected(url, signal),
    // The first use of Docker loads the image.
    readyTimeoutMs: programs.kind === 'docker' ? 600_000 : 120_000,
    stopSignal: durable || programs.kind === 'docker' ? 'SIGTERM' : 'SIGKILL',
    stopTimeoutMs: 60_000,
    ...(durable ? {} : { removeDir: dataDir }),
  };
  return { spec, url, readerUrl: urlOf(READER), dataDir };
}

interface Placement {
  programs: MariadbPrograms;
  account: Account;
  dataDir: string;
  port: number;
  durable: boolean;
}

function commandFor({ programs, dataDir, port, durable }: Placement): { command: string; args: string[] } {
  if (programs.kind === 'docker') {
    const user = process.getuid ? ['--user', `${process.getuid()}:${process.getgid?.() ?? 0}`] : [];
    const args = [
      'run',
      '--rm',
      '--init',
      '--name',
      containerName(dataDir),
      ...user,
      '-p',
      `127.0.0.1:${port}:3306`,
    ];
    const inside = ['--datadir=/var/lib/mysql', `--init-file=/var/lib/mysql/${INIT_FILE}`];
    return {
      command: programs.docker,
      args: [
        ...args,
        '-v',
        `${dataDir}:/var/lib/mysql`,
        '-e',
        'MARIADB_RANDOM_ROOT_PASSWORD=1',
        programs.image,
        ...inside,
        ...settings(durable),
      ],
    };
  }
  const own = [
    '--no-defaults',
    `--datadir=${dataDir}`,
    `--init-file=${join(dataDir, INIT_FILE)}`,
    `--pid-file=${join(dataDir, PID_FILE)}`,
    // A relative path: the address of a Unix socket may not be longer than about 100 characters.
    '--socket=mariadb.sock',
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    `--tmpdir=${dataDir}`,
  ];
  return { command: programs.mariadbd, args: [...own, ...settings(durable)] };
}

function settings(durable: boolean): string[] {
  return [
    // WHMCS needs a server without strict mode and with zero dates (docs.whmcs.com, "System Requirements").
    '--sql-mode=NO_ENGINE_SUBSTITUTION',
    // Tables of modules that name no charset get the server's: an old default on purpose.
    '--character-set-server=latin1',
    '--collation-server=latin1_swedish_ci',
    '--skip-name-resolve',
    '--skip-log-bin',
    '--max-connections=100',
    '--max-allowed-packet=64M',
    '--innodb-buffer-pool-size=256M',
    '--innodb-log-file-size=128M',
    '--innodb-flush-log-at-trx-commit=2',
    ...(durable
      ? []
      : ['--innodb-doublewrite=0', '--innodb-flush-method=nosync', '--innodb-fast-shutdown=2']),
  ];
}

async function createDataDir(options: {
  programs: MariadbPrograms;
  account: Account;
  dataDir: string;
  onProgress: (message: string) => void;
}): Promise<void> {
  const { programs, account, dataDir, onProgress } = options;
  // The container of the Docker image fills an empty directory by itself.
  if (programs.kind === 'docker') {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    return;
  }
  if (await stat(join(dataDir, 'mysql')).catch(() => undefined)) return;
  onProgress('creating the files of MariaDB');
  const draft = `${dataDir}.new`;
  await makePrivateDir(draft, account);
  try {
    await execa(
      programs.installDb,
      [
        '--no-defaults',
        `--datadir=${draft}`,
        '--auth-root-authentication-method=socket',
        '--skip-test-db',
        '--skip-name-resolve',
        ...(account.uid === undefined ? [] : ['--auth-root-socket-user=mysql']),
      ],
      { ...account, cwd: draft, env: { LC_ALL: 'C', TMPDIR: draft } },
    );
    await rename(draft, dataDir);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The tables of modules made for WHMCS long ago. */
const MYISAM_TABLES = [
  'mod_prve_plans',
  'mod_prve_vms',
  'mod_pvewhmcs',
  'mod_pvewhmcs_ip_addresses',
  'mod_pvewhmcs_ip_pools',
  'mod_pvewhmcs_plans',
  'mod_pvewhmcs_vms',
];

/** MariaDB runs this file at each start, so the password in use is always the one of this start. */
async function writeInitFile(dataDir: string, password: string, account: Account): Promise<void> {
  const file = join(dataDir, INIT_FILE);
  const lines = [
    `CREATE DATABASE IF NOT EXISTS ${DATABASE} CHARACTER SET utf8mb3 COLLATE utf8mb3_unicode_ci;`,
    ...[USER, READER].flatMap((user) => [
      `CREATE USER IF NOT EXISTS '${user}'@'%';`,
      `ALTER USER '${user}'@'%' IDENTIFIED BY '${password}';`,
    ]),
    `GRANT ALL ON *.* TO '${USER}'@'%';`,
    `GRANT SELECT ON ${DATABASE}.* TO '${READER}'@'%';`,
    // A server that was killed marks them as crashed, and then they cannot be read; those not there yet do no harm.
    `CHECK TABLE ${MYISAM_TABLES.map((table) => `${DATABASE}.${table}`).join(', ')};`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  if (account.uid !== undefined) await chown(file, account.uid, account.gid);
}

/** A killed run may leave its server running; it is asked to stop, and its pid file does not stay. */
async function endFormerServer(dataDir: string): Promise<void> {
  const file = join(dataDir, PID_FILE);
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).trim());
  if (!pid) return;
  if ((await readCommandLine(pid)).includes(`--datadir=${dataDir} `)) {
    process.kill(pid, 'SIGTERM');
    const gone = async () => !(await identifyProcess(pid));
    await waitUntil(gone, { timeoutMs: 60_000, what: 'the former MariaDB to stop' });
  }
  await rm(file, { force: true });
}

function containerName(dataDir: string): string {
  return `berth-mariadb-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`;
}

/** A container outlives the program that started it when that is killed. */
async function removeContainer(docker: string, dataDir: string): Promise<void> {
  await execa(docker, ['rm', '--force', containerName(dataDir)], { reject: false });
}

/** As WHMCS does: the server repairs MyISAM tables after a kill, but not for a session that may only read. */
async function openUnsafeTables(connection: mysql.Connection): Promise<void> {
  const [tables] = await connection.query<mysql.RowDataPacket[]>(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND ENGINE = 'MyISAM'`,
    [DATABASE],
  );
  for (const { name } of tables) await connection.query('SELECT 1 FROM ?? LIMIT 1', [name]);
}

async function waitUntilConnected(url: string, signal: AbortSignal): Promise<void> {
  const connects = async () => {
    try {
      const connection = await mysql.createConnection({ uri: url, connectTimeout: 2_000 });
      try {
        await openUnsafeTables(connection);
        return true;
      } finally {
        await connection.end();
      }
    } catch {
      return false;
    }
  };
  await waitUntil(connects, { signal, timeoutMs: 600_000, what: 'MariaDB' });
}
