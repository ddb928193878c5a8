import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { ClusterState } from './cluster-state.ts';
import { seedCluster } from './seed.ts';
import { createStateStore, loadState } from './state-store.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxmox-state-'));
  file = join(folder, 'deeper', 'state.json');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function pidOnDisk(): Promise<number> {
  return (JSON.parse(await readFile(file, 'utf8')) as ClusterState).nextPid;
}

test('what was changed before a save is on disk after it, however many run at once', async () => {
  const state = seedCluster();
  const store = createStateStore(state, file);
  const saves = Array.from({ length: 50 }, async (_, n) => {
    state.nextPid = n;
    await store.save();
    expect(await pidOnDisk()).toBeGreaterThanOrEqual(n);
  });
  await Promise.all(saves);
  expect(await pidOnDisk()).toBe(49);
});

test('a touched state is written soon, and no temporary file stays', async () => {
  const state = seedCluster();
  const store = createStateStore(state, file);
  await store.save();
  state.nextPid = 77;
  store.touch();
  await expect.poll(pidOnDisk).toBe(77);
  expect(await readdir(join(folder, 'deeper'))).toEqual(['state.json']);
});

test('reads back what was saved, and nothing where nothing is', async () => {
  expect(await loadState(file)).toBeUndefined();
  const state = seedCluster({ token: { id: 'berth@pve!t', secret: 's' }, rootPassword: 'pw' });
  await createStateStore(state, file).save();
  expect(await loadState(file)).toEqual(state);
});

test('refuses a state of another version', async () => {
  const other = join(folder, 'other.json');
  await writeFile(other, JSON.stringify({ version: 99 }));
  await expect(loadState(other)).rejects.toThrow('unknown state version');
});
