import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Simulator } from './simulator.ts';
import { startSimulator } from './simulator.ts';
import { seedStandalone } from './standalone-seed.ts';
import { createTestClient, until } from './test-client.ts';
import type { TestClient } from './test-client.ts';

const QEMU = '/nodes/pve1/qemu';
const MIB = 1024 ** 2;
let simulator: Simulator;
let client: TestClient;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0, state: seedStandalone() });
  client = createTestClient(simulator);
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

/** A running VM with 768 MiB, whose path is answered. */
async function startVm(vmid: number): Promise<string> {
  expect(await client.run('POST', `${QEMU}/9000/clone`, { newid: vmid, name: 'web' })).toBe('OK');
  expect(await client.run('POST', `${QEMU}/${vmid}/status/start`)).toBe('OK');
  await until(async () => (await client.call('POST', `${QEMU}/${vmid}/agent/ping`)).status === 200);
  return `${QEMU}/${vmid}`;
}

test('a snapshot with RAM takes a volume of its own and comes back running', async () => {
  const vm = await startVm(100);
  const volid = 'dir1:100/vm-100-state-live.raw';
  const { data: upid } = await client.call('POST', `${vm}/snapshot`, { snapname: 'live', vmstate: 1 });
  expect(await client.exitOf(upid)).toBe('OK');
  expect(await client.logOf(upid)).toEqual(
    expect.arrayContaining([
      `Formatting '/srv/dir1/images/100/vm-100-state-live.raw', fmt=raw size=${2036 * MIB} preallocation=off`,
      "saving VM state and RAM using storage 'dir1'",
      expect.stringMatching(/^completed saving the VM state in \d+s, saved /),
    ]),
  );
  expect(await client.read(`${vm}/snapshot/live/config`)).toMatchObject({ vmstate: volid });
  expect((await client.call('GET', `${vm}/snapshot`)).data).toContainEqual(
    expect.objectContaining({ name: 'live', vmstate: 1 }),
  );
  const { used } = simulator.state.volumes[`pve1/${volid}`] ?? { used: 0 };
  expect(used).toBeGreaterThan(200 * MIB);

  await client.run('POST', `${vm}/status/stop`);
  expect(await client.run('POST', `${vm}/snapshot/live/rollback`)).toBe('OK');
  expect(await client.read(`${vm}/status/current`)).toMatchObject({ status: 'running' });
  expect((await client.call('POST', `${vm}/agent/ping`)).status).toBe(200);
  expect(await client.read(`${vm}/config`)).not.toHaveProperty('vmstate');

  expect(await client.run('DELETE', `${vm}/snapshot/live`)).toBe('OK');
  expect(simulator.state.volumes[`pve1/${volid}`]).toBeUndefined();
});

test('a stopped VM has no RAM to keep', async () => {
  const vm = await startVm(101);
  await client.run('POST', `${vm}/status/stop`);
  expect(await client.run('POST', `${vm}/snapshot`, { snapname: 'cold', vmstate: 1 })).toBe('OK');
  expect(await client.read(`${vm}/snapshot/cold/config`)).not.toHaveProperty('vmstate');
});

test('a VM goes with its RAM states', async () => {
  const vm = await startVm(102);
  await client.run('POST', `${vm}/snapshot`, { snapname: 'live', vmstate: 1 });
  await client.run('POST', `${vm}/status/stop`);
  expect(await client.run('DELETE', vm)).toBe('OK');
  expect(Object.values(simulator.state.volumes).filter(({ vmid }) => vmid === 102)).toEqual([]);
});

test('a VM suspended to disk is stopped and locked until it is resumed', async () => {
  const vm = await startVm(103);
  const { data: upid } = await client.call('POST', `${vm}/status/suspend`, { todisk: 1 });
  expect(upid).toMatch(/:qmsuspend:103:/);
  expect(await client.exitOf(upid)).toBe('OK');
  expect((await client.logOf(upid)).slice(-2)).toEqual(['State saved, quitting', 'TASK OK']);
  expect(await client.read(`${vm}/status/current`)).toMatchObject({ status: 'stopped', lock: 'suspended' });
  const { vmstate } = await client.read(`${vm}/config`);
  expect(vmstate).toMatch(/^dir1:103\/vm-103-state-suspend-\d{4}-\d\d-\d\d\.raw$/);
  expect((await client.call('PUT', `${vm}/config`, { cores: 2 })).reason).toBe('VM is locked (suspended)');

  const resume = await client.call('POST', `${vm}/status/resume`);
  expect(await client.exitOf(resume.data)).toBe('OK');
  expect(await client.logOf(resume.data)).toEqual([
    'Resuming suspended VM',
    'Resumed VM, removing state',
    'TASK OK',
  ]);
  expect(await client.read(`${vm}/status/current`)).toMatchObject({ status: 'running' });
  expect(await client.read(`${vm}/config`)).not.toHaveProperty('vmstate');
  expect(simulator.state.volumes[`pve1/${String(vmstate)}`]).toBeUndefined();
});

test('starting a suspended VM resumes it', async () => {
  const vm = await startVm(104);
  await client.run('POST', `${vm}/status/suspend`, { todisk: 1 });
  expect(await client.run('POST', `${vm}/status/start`)).toBe('OK');
  expect((await client.call('POST', `${vm}/agent/ping`)).status).toBe(200);
});

test('a suspend that is interrupted leaves the VM running and unlocked', async () => {
  const vm = await startVm(105);
  simulator.faults.add({ action: 'failTask', message: 'received interrupt', path: '/suspend$' });
  expect(await client.run('POST', `${vm}/status/suspend`, { todisk: 1 })).toBe('received interrupt');
  expect(await client.read(`${vm}/status/current`)).toMatchObject({ status: 'running' });
  const config = await client.read(`${vm}/config`);
  expect([config.lock, config.vmstate]).toEqual([undefined, undefined]);
});

test('a storage for the state is for suspending to disk only', async () => {
  const vm = await startVm(106);
  const { errors } = await client.call('POST', `${vm}/status/suspend`, { statestorage: 'dir1' });
  expect(errors).toEqual({ todisk: "missing property required by 'statestorage'" });
});
