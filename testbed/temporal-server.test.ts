import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { identifyProcess } from './process-identity.ts';
import { findTemporal } from './temporal-binary.ts';
import { startTemporal } from './temporal-server.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-temporal-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

/** A stand-in for the CLI that only tells its version. */
async function writeCli(path: string, server: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "temporal version 1.0.0 (Server ${server}, UI 2.0.0)"\n`);
  await chmod(path, 0o755);
}

it('answers with the search attributes of Berth and is gone after a stop', async () => {
  const server = await startTemporal({ headless: true, dbFile: join(dir, 'temporal.db') });
  const connection = await Connection.connect({ address: server.address });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({
    namespace: 'default',
  });
  expect(Object.keys(customAttributes ?? {})).toEqual(
    expect.arrayContaining(['ServerId', 'OperationId', 'Node']),
  );
  await connection.close();
  await server.stop();
  expect(await identifyProcess(server.pid)).toBeUndefined();
});

it('takes the program in the cache before the one on PATH', async () => {
  vi.stubEnv('XDG_CACHE_HOME', dir);
  vi.stubEnv('PATH', `${join(dir, 'bin')}:/usr/bin:/bin`);
  await writeCli(join(dir, 'bin', 'temporal'), '1.30.0');
  expect(await findTemporal()).toBe(join(dir, 'bin', 'temporal'));
  await writeCli(join(dir, 'berth', 'temporal-1.8.2'), '1.31.2');
  expect(await findTemporal()).toBe(join(dir, 'berth', 'temporal-1.8.2'));
});

it('names everything that would do when there is no way to get a server, and leaves no lock', async () => {
  vi.stubEnv('XDG_CACHE_HOME', dir);
  vi.stubEnv('PATH', `${join(dir, 'bin')}:/usr/bin:/bin`);
  vi.stubGlobal('fetch', () => Promise.reject(new Error('no network')));
  await writeCli(join(dir, 'bin', 'temporal'), '1.20.0');
  await writeFile(join(dir, 'bin', 'go'), '#!/bin/sh\necho go1.19.8\n', { mode: 0o755 });
  await expect(findTemporal()).rejects.toThrow(/TEMPORAL_ADDRESS[^]*on PATH[^]*Go 1\.21/);
  expect(await readdir(join(dir, 'berth'))).toEqual([]);
  vi.unstubAllGlobals();
});
