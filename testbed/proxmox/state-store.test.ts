import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { ClusterState } from './cluster-state.ts';
import { seedCluster } from './seed.ts';
import { createStateStore, loadState } from './state-store.ts';
import type { StateStore } from './state-store.ts';
import { trackState } from './tracked-state.ts';
import { until } from './test-client.ts';

let folder: string;
let file: string;
let state: ClusterState;
let store: StateStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxmox-state-'));
  file = join(folder, 'deeper', 'state.json');
  const tracked = trackState(seedCluster({ token: { id: 'berth@pve!t', secret: 's' }, rootPassword: 'pw' }));
  state = tracked.state;
  store = createStateStore(tracked, file);
});
afterEach(async () => {
  await store.close().catch(() => {});
  await rm(folder, { recursive: true, force: true });
});

const kept = async (): Promise<ClusterState> => {
  const read = await loadState(file);
  if (!read) throw new Error('nothing is kept');
  return read;
};
const plainOf = (value: ClusterState): unknown => JSON.parse(JSON.stringify(value));

test('a new state is kept as a whole', async () => {
  expect(await kept()).toEqual(plainOf(state));
});

test('there is nothing where nothing was kept', async () => {
  expect(await loadState(join(folder, 'other'))).toBeUndefined();
});

test('what was changed before a save is there after it, however deep it lies', async () => {
  const vm = state.vms[9000];
  if (!vm) throw new Error('no template');
  vm.config['cores'] = 4;
  vm.snapshots = { before: { config: { ...vm.config } } };
  delete vm.config['agent'];
  vm.pendingDelete.push('net0');
  state.pools.push({ poolid: 'berth', members: [9000] });
  state.pools[0]?.members.push(9001);
  state.firewalls = {};
  state.firewalls[9000] = { options: {}, rules: [], ipsets: {} };
  delete state.vms[9001];
  state.nextPid += 1;
  store.save();
  expect(await kept()).toEqual(plainOf(state));
});

test('a value that was read from the state and put elsewhere in it is its own from then on', async () => {
  const [first, second] = [state.vms[9000], state.vms[9001]];
  if (!first || !second) throw new Error('no templates');
  second.config = first.config;
  store.save();
  second.config['name'] = 'shared';
  store.save();
  expect((await kept()).vms[9001]?.config['name']).toBe('shared');
});

test('a change is kept soon without a save, too', async () => {
  state.nextPid = 77;
  await until(async () => (await kept()).nextPid === 77);
});

test('a last line that was not written to its end never happened', async () => {
  state.nextPid = 5;
  store.save();
  state.nextPid = 6;
  store.save();
  const { length } = await readFile(file);
  await truncate(file, length - 3);
  expect((await kept()).nextPid).toBe(5);
});

test('changes that belong together are kept together or not at all', async () => {
  state.nextPid = 5;
  store.save();
  const { length: before } = await readFile(file);
  state.nextPid = 6;
  delete state.vms[9000];
  store.save();
  const whole = await readFile(file, 'utf8');
  for (let length = before; length < whole.length; length += 1) {
    await writeFile(file, whole.slice(0, length));
    expect(await kept()).toMatchObject({ nextPid: 5, vms: { 9000: { vmid: 9000 } } });
  }
});

test('a file that grew long is written anew without losing what changes meanwhile', async () => {
  const vm = state.vms[9000];
  if (!vm) throw new Error('no template');
  vm.config['description'] = 'x'.repeat(200_000);
  for (let n = 0; n < 30; n += 1) {
    state.nextPid += 1;
    vm.config['name'] = `name-${n}`;
    store.save();
    if (n % 10 === 0) await new Promise(setImmediate);
  }
  await until(async () => (await readFile(file)).length < 4_000_000);
  expect(await kept()).toEqual(plainOf(state));
  expect(await readdir(join(folder, 'deeper'))).toEqual(['state.json']);
});

test('reads a state from before there were journals', async () => {
  const old = join(folder, 'old.json');
  await writeFile(old, JSON.stringify(state));
  expect(await loadState(old)).toEqual(plainOf(state));
});

test('refuses a damaged file and says where and what to do', async () => {
  await appendFile(file, '[["vms","9000"\n[["nextPid",null,6]]\n');
  await expect(loadState(file)).rejects.toThrow(/damaged in line \d+; restore it, or move it away/);
});

test('refuses a state of another version', async () => {
  const other = join(folder, 'other.json');
  await writeFile(other, JSON.stringify({ version: 99 }));
  await expect(loadState(other)).rejects.toThrow('unknown state version');
});
