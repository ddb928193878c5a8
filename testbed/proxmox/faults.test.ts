import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { createTestClient, until } from './test-client.ts';
import type { TestClient } from './test-client.ts';

let simulator: Simulator;
let client: TestClient;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0 });
  client = createTestClient(simulator);
});
afterEach(() => simulator.faults.clear());
afterAll(async () => {
  await client.close();
  await simulator.close();
});

const CLONE = '/nodes/pve1/qemu/9000/clone';

test('a call dropped before has no effect', async () => {
  simulator.faults.add({ action: 'drop', when: 'before', method: 'POST', path: '/clone$' });
  await expect(client.call('POST', CLONE, { newid: 700 })).rejects.toThrow('fetch failed');
  expect(simulator.state.vms[700]).toBeUndefined();
  expect(simulator.state.tasks).toEqual([]);
});

test('a call dropped after is carried out and only its answer is lost', async () => {
  simulator.faults.add({ action: 'drop', when: 'after', method: 'POST', path: '/clone$' });
  await expect(client.call('POST', CLONE, { newid: 701 })).rejects.toThrow('fetch failed');
  await until(() => simulator.state.tasks.at(-1)?.exitstatus === 'OK');
  expect(simulator.state.vms[701]).toBeDefined();
});

test('a delayed call is answered late', async () => {
  simulator.faults.add({ action: 'delay', ms: 120, path: '^/version' });
  const started = performance.now();
  expect((await client.call('GET', '/version')).status).toBe(200);
  expect(performance.now() - started).toBeGreaterThan(110);
});

test('a status takes the place of the effect, or of the answer only', async () => {
  const fault = { action: 'status', status: 596, reason: 'Connection timed out', path: '/clone$' } as const;
  simulator.faults.add(fault);
  const before = await client.call('POST', CLONE, { newid: 702 });
  expect([before.status, before.reason, before.text]).toEqual([596, 'Connection timed out', '']);
  expect(simulator.state.vms[702]).toBeUndefined();
  simulator.faults.add({ ...fault, when: 'after' });
  expect((await client.call('POST', CLONE, { newid: 702 })).status).toBe(596);
  await until(() => simulator.state.vms[702] !== undefined);
});

test('a hanging call is never answered', async () => {
  simulator.faults.add({ action: 'hang', path: '^/version' });
  const answer = client.call('GET', '/version').catch(() => 'closed');
  await until(() => simulator.faults.list()[0]?.hits === 1);
  const first = await Promise.race([answer, client.call('GET', '/nodes').then(() => 'others go on')]);
  expect(first).toBe('others go on');
});

test('a failing clone stops at its percentage, says why and cleans up', async () => {
  const message = 'clone failed: unable to create image: No space left on device';
  simulator.faults.add({ action: 'failTask', message, atPercent: 40, path: '/clone$' });
  const { data } = await client.call('POST', CLONE, { newid: 703, full: 1 });
  expect(await client.exitOf(data)).toBe(message);
  const log = await client.logOf(data);
  expect(log.slice(-2)).toEqual(['transferred 1.6 GiB of 4.0 GiB (40.00%)', `TASK ERROR: ${message}`]);
  expect(simulator.state.vms[703]).toBeUndefined();
  expect(Object.values(simulator.state.volumes).filter(({ vmid }) => vmid === 703)).toEqual([]);
});

test('any task can be made to fail', async () => {
  await client.run('POST', CLONE, { newid: 704 });
  simulator.faults.add({
    action: 'failTask',
    message: 'start failed: QEMU exited with code 1',
    path: '/start$',
  });
  expect(await client.run('POST', '/nodes/pve1/qemu/704/status/start')).toBe(
    'start failed: QEMU exited with code 1',
  );
  expect(simulator.state.vms[704]?.guest).toBeNull();
});

test('a killed clone leaves its lock and volumes, which a token cannot remove', async () => {
  simulator.faults.add({ action: 'staleLock', atPercent: 40, path: '/clone$' });
  const { data } = await client.call('POST', CLONE, { newid: 705, full: 1 });
  expect(await client.exitOf(data)).toBe('unexpected status');
  expect(simulator.state.vms[705]?.config.lock).toBe('clone');
  expect(await client.run('DELETE', '/nodes/pve1/qemu/705')).toBe('VM is locked (clone)');
});

test('skip lets calls pass and count says how many are hit', async () => {
  simulator.faults.add({ action: 'status', status: 500, reason: 'no', path: '^/version', skip: 1, count: 2 });
  const statuses: number[] = [];
  for (let i = 0; i < 4; i += 1) statuses.push((await client.call('GET', '/version')).status);
  expect(statuses).toEqual([200, 500, 500, 200]);
});

test('records the calls it got', async () => {
  await client.call('GET', '/cluster/resources', { type: 'vm' });
  expect(simulator.calls.at(-1)).toMatchObject({
    method: 'GET',
    path: '/cluster/resources?type=vm',
    status: 200,
  });
});
