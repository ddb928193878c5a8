import { rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readHolder } from './file-lock.ts';
import { endOrphans } from './orphans.ts';
import { sharedDataDir } from './postgres-account.ts';
import { isRunning } from './process-identity.ts';
import { stackFiles } from './stack.ts';

/** Removes all data of `npm start`, so that the next one begins anew; refuses while it runs. */
export async function reset(dataDir: string, onProgress: (message: string) => void): Promise<void> {
  const files = stackFiles(dataDir);
  const holder = await readHolder(files.lock);
  if (holder && (await isRunning(holder))) {
    throw new Error(`Berth runs (process ${holder.pid}): stop it first, its data cannot be removed now`);
  }
  await endOrphans(files.processes, onProgress);
  const databases = [
    sharedDataDir(join(dataDir, 'postgres')),
    sharedDataDir(join(dataDir, 'whmcs', 'mariadb'), 'mariadb'),
  ];
  for (const path of [dataDir, ...databases]) {
    if (!(await stat(path).catch(() => undefined))) continue;
    await rm(path, { recursive: true, force: true });
    onProgress(`removed ${path}`);
  }
}

if (import.meta.main) {
  const dataDir = resolve(process.env['BERTH_DATA_DIR'] || join(import.meta.dirname, '..', '.berth'));
  try {
    await reset(dataDir, (message) => console.log(message));
  } catch (err) {
    console.error(err instanceof Error ? err.message : String(err));
    process.exitCode = 1;
  }
}
