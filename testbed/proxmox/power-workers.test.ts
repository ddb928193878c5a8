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

const status = (vmid: number): string => `/nodes/pve1/qemu/${vmid}/status`;
const power = (vmid: number, action: string, params = {}): Promise<string> =>
  client.run('POST', `${status(vmid)}/${action}`, params);

async function cloned(vmid: number): Promise<void> {
  expect(await client.run('POST', '/nodes/pve1/qemu/9000/clone', { newid: vmid })).toBe('OK');
}

async function started(vmid: number): Promise<void> {
  await cloned(vmid);
  expect(await power(vmid, 'start')).toBe('OK');
}

test('a start runs the VM, a second start answers a UPID and fails in its task', async () => {
  await started(100);
  expect(await client.read(`${status(100)}/current`)).toMatchObject({
    status: 'running',
    qmpstatus: 'running',
    agent: 1,
    cpus: 1,
    maxmem: 1024 ** 3,
    maxdisk: 4 * 1024 ** 3,
    ha: { managed: 0 },
  });
  expect(await power(100, 'start')).toBe('VM 100 already running');
});

test('a template does not start', async () => {
  expect(await power(9000, 'start')).toBe("you can't start a vm if it's a template");
});

test('stop and shutdown of a stopped VM are fine', async () => {
  await cloned(101);
  expect(await power(101, 'stop')).toBe('OK');
  expect(await power(101, 'shutdown')).toBe('OK');
});

test.each(['reboot', 'reset', 'suspend', 'resume'])(
  '%s of a stopped VM is refused at once',
  async (action) => {
    expect(await power(9001, action)).toBe('500 VM 9001 not running');
  },
);

test('a missing VM fails each call in its own way', async () => {
  const missing = "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist";
  expect(await power(999, 'start')).toBe(missing);
  expect(await power(999, 'shutdown')).toBe(missing);
  expect(await power(999, 'stop')).toBe("unable to find configuration file for VM 999 on node 'pve1'");
  expect(await power(999, 'reboot')).toBe(`500 ${missing}`);
  expect(await client.run('DELETE', '/nodes/pve1/qemu/999')).toBe(`500 ${missing}`);
});

test('a VM on another node looks missing', async () => {
  expect(await power(9010, 'start')).toBe(
    "Configuration file 'nodes/pve1/qemu-server/9010.conf' does not exist",
  );
});

test('a guest with a system shuts down when asked', async () => {
  await started(102);
  expect(await power(102, 'shutdown')).toBe('OK');
  expect(await client.read(`${status(102)}/current`)).toMatchObject({ status: 'stopped', uptime: 0 });
});

test('a guest that does not hear the power button runs into the time-out', async () => {
  simulator.faults.add({ action: 'ignoreShutdown' });
  await started(103);
  expect(await power(103, 'shutdown', { timeout: 1 })).toBe('VM quit/powerdown failed - got timeout');
  expect(await power(103, 'reboot', { timeout: 1 })).toBe('VM quit/powerdown failed - got timeout');
  const { data } = await client.call('POST', `${status(103)}/shutdown`, { timeout: 1, forceStop: 1 });
  expect(await client.exitOf(data)).toBe('OK');
  expect(await client.logOf(data)).toContain('VM still running - terminating now with SIGTERM');
});

test('a VM without a system never obeys', async () => {
  expect(await client.run('POST', '/nodes/pve1/qemu', { vmid: 104, scsi0: 'local-lvm:1' })).toBe('OK');
  expect(await power(104, 'start')).toBe('OK');
  expect(await power(104, 'shutdown', { timeout: 1 })).toBe('VM quit/powerdown failed - got timeout');
});

test('the reboot task ends with the VM stopped, and a start task of root follows', async () => {
  await started(105);
  const pid = simulator.state.vms[105]?.guest?.pid;
  expect(await power(105, 'reboot')).toBe('OK');
  await until(() => simulator.state.vms[105]?.guest != null);
  const tasks = simulator.state.tasks.filter(({ id }) => id === '105');
  const reboot = tasks.findIndex(({ type }) => type === 'qmreboot');
  expect(tasks[reboot + 1]).toMatchObject({ type: 'qmstart', user: 'root@pam' });
  expect(simulator.state.vms[105]?.guest?.pid).not.toBe(pid);
});

test('a shutdown holds the lock, so that a stop fails unless it overrules', async () => {
  simulator.faults.add({ action: 'ignoreShutdown' });
  await started(106);
  simulator.faults.add({ action: 'slowTask', ms: 60_000, path: '/shutdown$' });
  const { data: shutdown } = await client.call('POST', `${status(106)}/shutdown`);
  await until(() => simulator.state.tasks.some(({ upid, locks }) => upid === shutdown && locks.length > 0));
  expect(await power(106, 'stop')).toBe(
    "can't lock file '/var/lock/qemu-server/lock-106.conf' - got timeout",
  );
  const { data: stop } = await client.call('POST', `${status(106)}/stop`, { 'overrule-shutdown': 1 });
  expect(await client.exitOf(stop)).toBe('OK');
  expect((await client.logOf(stop))[0]).toBe(`overruled qmshutdown tasks: ${String(shutdown)}`);
  expect(await client.exitOf(shutdown)).toBe('received interrupt');
  expect(simulator.state.vms[106]?.guest).toBeNull();
});

test('reset keeps the process, suspend pauses it, resume goes on', async () => {
  await started(107);
  const pid = simulator.state.vms[107]?.guest?.pid;
  expect(await power(107, 'reset')).toBe('OK');
  expect(await power(107, 'suspend')).toBe('OK');
  expect(await client.read(`${status(107)}/current`)).toMatchObject({
    status: 'running',
    qmpstatus: 'paused',
    pid,
  });
  expect(await power(107, 'shutdown')).toBe('500 VM is paused - cannot shutdown');
  expect(await power(107, 'resume')).toBe('OK');
});

test('delete refuses a running or protected VM at once', async () => {
  await started(108);
  expect(await client.run('DELETE', '/nodes/pve1/qemu/108')).toBe('500 VM 108 is running - destroy failed');
  expect(await power(108, 'stop')).toBe('OK');
  await client.call('PUT', '/nodes/pve1/qemu/108/config', { protection: 1 });
  expect(await client.run('DELETE', '/nodes/pve1/qemu/108')).toBe(
    "500 can't remove VM 108 - protection mode enabled",
  );
  await client.call('PUT', '/nodes/pve1/qemu/108/config', { protection: 0 });
  const { data } = await client.call('DELETE', '/nodes/pve1/qemu/108', { purge: 1 });
  expect(await client.exitOf(data)).toBe('OK');
  expect(await client.logOf(data)).toContain('purging VM 108 from related configurations..');
  expect(Object.values(simulator.state.volumes).filter(({ vmid }) => vmid === 108)).toEqual([]);
});

test('a stop and a start in quick succession leave the VM locked by its clean-up', async () => {
  const slow = await startSimulator({ speed: 1 });
  const slowClient = createTestClient(slow);
  const act = async (path: string, params: object, ms: number): Promise<string> => {
    const { data } = await slowClient.call('POST', `/nodes/pve1/qemu/${path}`, { ...params });
    await slow.clock.advance(ms);
    return slowClient.exitOf(data);
  };
  expect(await act('9000/clone', { newid: 100 }, 2000)).toBe('OK');
  expect(await act('100/status/start', {}, 900)).toBe('OK');
  expect(await act('100/status/stop', {}, 400)).toBe('OK');
  // The clean-up comes 1 s after the stop and keeps the lock for 30 s.
  expect(await act('100/status/start', {}, 900)).toBe('OK');
  await slow.clock.advance(200);
  expect(await act('100/status/stop', {}, 10_000)).toBe(
    "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout",
  );
  await slow.clock.advance(20_000);
  expect(await act('100/status/stop', {}, 400)).toBe('OK');
  await slowClient.close();
  await slow.close();
});
