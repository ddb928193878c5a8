import { access, constants, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { aptInstall } from './apt-install.ts';
import { findOnPath } from './find-on-path.ts';

/** How MariaDB can be run here: by programs of this system or as a container. */
export type MariadbPrograms =
  | { kind: 'programs'; mariadbd: string; installDb: string }
  | { kind: 'docker'; docker: string; image: string };

const IMAGE = 'mariadb:10.11';
const POLICY = '/usr/sbin/policy-rc.d';
const SYSTEM_DIRS = ['/usr/sbin', '/usr/local/sbin', '/usr/libexec', '/usr/local/bin', '/usr/bin'];

/**
 * Finds MariaDB: `mariadbd` on PATH or where systems keep it, else (root on Debian and its kin) the system's package,
 * which is installed without starting a service, else Docker when its engine answers. One error when there is no way.
 */
export async function findMariadb(
  onProgress: (message: string) => void = () => undefined,
): Promise<MariadbPrograms> {
  const present = await findPrograms();
  if (present) return present;
  const aptGet = process.getuid?.() === 0 ? await findOnPath('apt-get') : undefined;
  if (aptGet) {
    const failure = await installPackage(aptGet, onProgress);
    const installed = await findPrograms();
    if (installed) return installed;
    onProgress(`apt-get brought no MariaDB (${failure ?? 'no mariadbd in the package'}), trying Docker`);
  }
  const docker = await findOnPath('docker');
  if (docker) {
    const info = await execa(docker, ['info', '--format', '{{.ServerVersion}}'], {
      reject: false,
      timeout: 10_000,
    });
    if (!info.failed) return { kind: 'docker', docker, image: IMAGE };
  }
  throw new Error(
    'The WHMCS testbed needs MariaDB: install it so that mariadbd is on PATH (10.6 or newer; Debian: apt-get install mariadb-server), or start Docker, or set WHMCS_DATABASE_URL to a database',
  );
}

async function findPrograms(): Promise<MariadbPrograms | undefined> {
  const mariadbd = await findProgram('mariadbd');
  if (!mariadbd) return undefined;
  const installDb =
    (await findProgram('mariadb-install-db')) ??
    (await firstExecutable([join(dirname(mariadbd), '..', 'scripts', 'mariadb-install-db')]));
  return installDb ? { kind: 'programs', mariadbd, installDb } : undefined;
}

async function findProgram(name: string): Promise<string | undefined> {
  return (await findOnPath(name)) ?? (await firstExecutable(SYSTEM_DIRS.map((dir) => join(dir, name))));
}

async function firstExecutable(paths: string[]): Promise<string | undefined> {
  for (const path of paths) {
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

/** Resolves to what went wrong, or to undefined. */
async function installPackage(
  aptGet: string,
  onProgress: (message: string) => void,
): Promise<string | undefined> {
  onProgress('installing MariaDB with apt-get (package mariadb-server, its service is not started)');
  // invoke-rc.d and deb-systemd-invoke ask this program before they start anything; 101 means no.
  const withPolicy = await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { flag: 'wx', mode: 0o755 }).then(
    () => true,
    () => false,
  );
  try {
    await aptInstall(aptGet, 'mariadb-server');
    return undefined;
  } catch (err) {
    return err instanceof Error ? (err.message.split('\n')[0] ?? err.message) : String(err);
  } finally {
    if (withPolicy) await rm(POLICY, { force: true });
  }
}
