import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { ClusterState } from './cluster-state.ts';
import { createTestClient } from './test-client.ts';
import { spawnSimulator } from './test-process.ts';
import type { SimulatorProcess } from './test-process.ts';

let folder: string;
const running: SimulatorProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxmox-simulator-'));
});
afterEach(async () => {
  for (const one of running.splice(0)) await one.kill();
  await rm(folder, { recursive: true, force: true });
});

async function run(speed: number, env: Record<string, string> = {}): Promise<SimulatorProcess> {
  const started = await spawnSimulator(folder, speed, env);
  running.push(started);
  return started;
}

test('goes on with a running clone after a kill -9, with the same token and certificate', async () => {
  const first = await run(0.15);
  const client = createTestClient(first.simulator);
  const params = { newid: 800, full: 1, name: 'survivor' };
  const { data: upid } = await client.call('POST', '/nodes/pve1/qemu/9000/clone', params);
  await first.kill();
  await client.close();

  const second = await run(0.15);
  expect(second.simulator.fingerprint).toBe(first.simulator.fingerprint);
  expect(second.simulator.token).toEqual(first.simulator.token);
  const again = createTestClient(second.simulator);
  expect(await again.exitOf(upid)).toBe('OK');
  expect(await again.read('/nodes/pve1/qemu/800/config')).toMatchObject({ name: 'survivor' });
  const log = await again.logOf(upid);
  expect(log.filter((line) => line.startsWith('creating a clone'))).toHaveLength(1);
  expect(log.filter((line) => line.includes('created.'))).toHaveLength(2);
  await again.close();
});

test('starts a rebooting VM again after a restart', async () => {
  const first = await run(0.05);
  const client = createTestClient(first.simulator);
  await client.run('POST', '/nodes/pve1/qemu/9000/clone', { newid: 801 });
  await client.run('POST', '/nodes/pve1/qemu/801/status/start');
  expect(await client.run('POST', '/nodes/pve1/qemu/801/status/reboot')).toBe('OK');
  await first.kill();
  await client.close();

  const second = await run(0);
  const again = createTestClient(second.simulator);
  await expect
    .poll(async () => (await again.read('/nodes/pve1/qemu/801/status/current')).status)
    .toBe('running');
  await again.close();
});

test('takes its token from the environment and ends cleanly on SIGTERM', async () => {
  const secret = '11111111-2222-4333-8444-555555555555';
  const started = await run(0, { PROXMOX_TOKEN_ID: 'berth@pve!other', PROXMOX_TOKEN_SECRET: secret });
  expect(started.simulator.token).toEqual({ id: 'berth@pve!other', secret });
  started.child.kill('SIGTERM');
  const [code] = (await once(started.child, 'exit')) as [number | null];
  expect(code).toBe(0);
});

test('takes faults and shows state and calls at the control port', async () => {
  const started = await run(0);
  const client = createTestClient(started.simulator);
  await started.control('POST', '/faults', {
    action: 'status',
    status: 500,
    reason: 'no',
    path: '^/version',
  });
  expect((await client.call('GET', '/version')).reason).toBe('no');
  await started.control('POST', '/faults', { action: 'nodeDown', node: 'pve3' });
  expect(await started.control<unknown[]>('GET', '/faults')).toHaveLength(2);
  await started.control('DELETE', '/faults');
  expect(await started.control<unknown[]>('GET', '/faults')).toEqual([]);
  const { vms } = await started.control<ClusterState>('GET', '/state');
  expect(Object.keys(vms)).toContain('9000');
  expect(await started.control<unknown[]>('GET', '/calls')).toHaveLength(1);
  await client.close();
});
