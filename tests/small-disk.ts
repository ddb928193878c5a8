import { execFile } from 'node:child_process';
import { chown, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

export interface SmallDisk {
  dir: string;
  /** Leaves no room on it. */
  fill(): Promise<void>;
  /** Gives the room back. */
  empty(): Promise<void>;
  remove(): Promise<void>;
}

/** A file system of 16 MiB in memory that belongs to the owner of `likeFile`; undefined where mounting is not allowed. */
export async function mountSmallDisk(likeFile: string): Promise<SmallDisk | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'berth-disk-'));
  try {
    await exec('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', dir]);
  } catch {
    await rm(dir, { recursive: true });
    return undefined;
  }
  const { uid, gid } = await stat(likeFile);
  await chown(dir, uid, gid);
  const filler = join(dir, 'filler');
  return {
    dir,
    async fill() {
      const file = await open(filler, 'w');
      try {
        for (;;) await file.write(Buffer.alloc(4096));
      } catch (err) {
        if (!(err instanceof Error && 'code' in err && err.code === 'ENOSPC')) throw err;
      } finally {
        await file.close();
      }
    },
    empty: () => rm(filler),
    async remove() {
      await exec('umount', [dir]);
      await rm(dir, { recursive: true });
    },
  };
}
