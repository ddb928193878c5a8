import { expect, test } from 'vitest';

import type { Simulator } from './simulator.ts';
import { startSimulator } from './simulator.ts';
import { seedStandalone } from './standalone-seed.ts';
import { createTestClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

async function withSimulator(use: (client: TestClient, simulator: Simulator) => Promise<void>) {
  const state = seedStandalone();
  const storage = { node: 'pve1', total: 2 ** 42, baseUsed: 0, content: 'images' };
  state.storages.push({ ...storage, storage: 'ceph', type: 'rbd' });
  const simulator = await startSimulator({ speed: 1, state });
  const client = createTestClient(simulator);
  try {
    await use(client, simulator);
  } finally {
    await client.close();
    await simulator.close();
  }
}

async function startClones(client: TestClient, count: number, storage = 'dir1'): Promise<unknown[]> {
  const clones = Array.from({ length: count }, (_, n) =>
    client.call('POST', '/nodes/pve1/qemu/9000/clone', { newid: 100 + n, full: 1, storage }),
  );
  return (await Promise.all(clones)).map(({ data }) => data);
}

async function exitsOf(client: TestClient, simulator: Simulator, upids: unknown[]): Promise<string[]> {
  await simulator.clock.advance(60_000);
  return Promise.all(upids.map((upid) => client.exitOf(upid)));
}

test('clones at the same moment wait for each other at the storage, and say so', () =>
  withSimulator(async (client, simulator) => {
    const upids = await startClones(client, 3);
    expect(await exitsOf(client, simulator, upids)).toEqual(['OK', 'OK', 'OK']);
    const logs = await Promise.all(upids.map((upid) => client.logOf(upid)));
    expect(logs.flat()).toContain('trying to acquire lock...');
  }));

test.each([
  ['dir1', "clone failed: can't lock file '/var/lock/pve-manager/pve-storage-dir1' - got timeout"],
  ['ceph', "clone failed: cfs-lock 'storage-ceph' error: got lock request timeout"],
])('who has waited ten seconds for %s gives up', (storage, text) =>
  withSimulator(async (client, simulator) => {
    const upids = await startClones(client, 320, storage);
    const exits = await exitsOf(client, simulator, upids);
    expect(new Set(exits)).toEqual(new Set(['OK', text]));
    expect(simulator.state.vms[100 + exits.indexOf(text)]).toBeUndefined();
  }),
);
