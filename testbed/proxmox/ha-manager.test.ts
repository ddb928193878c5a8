import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { until } from '../../tests/until.ts';
import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { createTestClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

let simulator: Simulator;
let client: TestClient;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0 });
  client = createTestClient(simulator);
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});
afterEach(() => simulator.faults.clear());

/** A VM on pve1 that high availability keeps running. */
async function makeManaged(vmid: number): Promise<void> {
  expect(await client.run('POST', '/nodes/pve1/qemu/9000/clone', { newid: vmid, full: 1 })).toBe('OK');
  await client.call('POST', '/cluster/ha/resources', { sid: `vm:${vmid}` });
  await until(() => vmAt(vmid)?.guest !== null);
}

const vmAt = (vmid: number) => simulator.state.vms[vmid];
interface Status {
  status: string;
  ha: { managed: number; state?: string };
}
const status = async (vmid: number): Promise<Status> =>
  (await client.read(`/nodes/pve1/qemu/${vmid}/status/current`)) as unknown as Status;
const typesOf = (vmid: number) =>
  simulator.state.tasks.filter(({ id }) => id === String(vmid)).map(({ type, user }) => `${type} ${user}`);

test('stops and starts a managed VM by a wish that its manager carries out later', async () => {
  await makeManaged(800);
  await until(async () => (await status(800)).ha.state === 'started');
  expect(await client.run('POST', '/nodes/pve1/qemu/800/status/stop')).toBe('OK');
  await until(async () => (await status(800)).ha.state === 'stopped');
  expect(await status(800)).toMatchObject({ status: 'stopped', ha: { managed: 1 } });
  expect(await client.run('POST', '/nodes/pve1/qemu/800/status/start')).toBe('OK');
  await until(async () => (await status(800)).status === 'running');
  expect(typesOf(800).slice(-4)).toEqual([
    expect.stringMatching(/^hastop (?!root)/),
    'qmstop root@pam',
    expect.stringMatching(/^hastart (?!root)/),
    'qmstart root@pam',
  ]);
});

test('starts a VM again that died', async () => {
  await makeManaged(801);
  const vm = vmAt(801);
  if (vm) vm.guest = null;
  await until(() => vmAt(801)?.guest !== null);
});

test('moves a managed VM with its local disks', async () => {
  await makeManaged(802);
  const path = '/nodes/pve1/qemu/802/migrate';
  const answer = await client.call('POST', path, { target: 'pve2', online: 1 });
  expect(answer.data).toContain(':hamigrate:802:');
  await until(() => vmAt(802)?.node === 'pve2');
  expect(vmAt(802)?.guest).not.toBeNull();
});

test('deletes a managed VM only with purge', async () => {
  await makeManaged(803);
  await client.run('POST', '/nodes/pve1/qemu/803/status/stop');
  await until(() => vmAt(803)?.guest === null);
  expect(await client.run('DELETE', '/nodes/pve1/qemu/803')).toBe(
    '500 unable to remove VM 803 - used in HA resources and purge parameter not set.',
  );
  expect(await client.run('DELETE', '/nodes/pve1/qemu/803', { purge: 1 })).toBe('OK');
  expect(simulator.state.haResources?.map(({ sid }) => sid)).not.toContain('vm:803');
});

test('gives up on a VM that does not start, and takes no more wishes', async () => {
  await makeManaged(804);
  const vm = vmAt(804);
  if (vm) Object.assign(vm, { guest: null }).config['net0'] = 'virtio,bridge=nowhere';
  await until(async () => (await status(804)).ha.state === 'error');
  expect(await client.run('POST', '/nodes/pve1/qemu/804/status/start')).toBe(
    "command 'ha-manager set vm:804 --state started' failed: exit code 255",
  );
});

test('takes a VM over from a node that stays silent', async () => {
  await makeManaged(805);
  for (const vmid of [800, 801, 802, 804]) await client.call('DELETE', `/cluster/ha/resources/vm:${vmid}`);
  simulator.faults.add({ action: 'nodeDown', node: 'pve1' });
  await until(() => vmAt(805)?.node !== 'pve1');
});

test('is told of overruling nothing and of suspending to no disk', async () => {
  simulator.faults.clear();
  await makeManaged(806);
  const stop = await client.call('POST', '/nodes/pve1/qemu/806/status/stop', { 'overrule-shutdown': 1 });
  expect(stop.errors).toEqual({ 'overrule-shutdown': 'not applicable for HA resources' });
  expect(await client.run('POST', '/nodes/pve1/qemu/806/status/suspend', { todisk: 1 })).toBe(
    '500 Cannot suspend HA managed VM to disk',
  );
});
