import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { identifyProcess, isRunning, type ProcessRecord } from './process-identity.ts';

export interface FileLock {
  release(): Promise<void>;
}

/**
 * Takes the lock file, or tells who holds it. A lock whose holder is gone (kill -9, power cut) counts as free.
 * The file appears complete or not at all, because it is written elsewhere and linked into place.
 */
export async function takeFileLock(
  path: string,
  name: string,
): Promise<FileLock | { heldBy: ProcessRecord }> {
  const identity = await identifyProcess(process.pid);
  if (!identity) throw new Error('cannot read this process from the process table');
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify({ name, pid: process.pid, identity } satisfies ProcessRecord));
  try {
    for (;;) {
      try {
        await link(draft, path);
        return { release: () => rm(path, { force: true }) };
      } catch (err) {
        if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err;
      }
      const holder = await readHolder(path);
      if (holder && (await isRunning(holder))) return { heldBy: holder };
      await rm(path, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
}

export interface WaitForLockOptions {
  onWait: (holder: ProcessRecord) => void;
  signal?: AbortSignal;
}

/** Takes the lock file as soon as nobody else holds it; `onWait` is told once who does. */
export async function waitForFileLock(
  path: string,
  name: string,
  { onWait, signal }: WaitForLockOptions,
): Promise<FileLock> {
  for (let isFirst = true; ; isFirst = false) {
    const lock = await takeFileLock(path, name);
    if ('release' in lock) return lock;
    if (isFirst) onWait(lock.heldBy);
    await delay(500, undefined, signal ? { signal } : {});
  }
}

/** The lock's holder as recorded, whether it still runs or not. */
export async function readHolder(path: string): Promise<ProcessRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessRecord;
  } catch {
    return undefined;
  }
}
