import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { waitForFileLock } from './file-lock.ts';

/**
 * Installs a package of Debian's, as root; several processes that ask at once do so one after the other, since `update`
 * waits for nobody. Throws what apt-get fails with.
 */
export async function aptInstall(aptGet: string, name: string): Promise<void> {
  const lock = await waitForFileLock(join(tmpdir(), 'berth-apt.lock'), 'apt-get', {
    onWait: () => undefined,
  });
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, stdin: 'ignore' } as const;
  try {
    await execa(aptGet, ['update', '-qq'], options);
    const quietly = ['-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
    await execa(aptGet, ['install', ...quietly, name], options);
  } finally {
    await lock.release();
  }
}
