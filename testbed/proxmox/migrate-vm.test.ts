import { afterAll, beforeAll, expect, test } from 'vitest';

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

/** A full clone of a template, on pve1. */
async function makeVm(vmid: number): Promise<void> {
  const params = { newid: vmid, name: `vm-${vmid}`, full: 1 };
  expect(await client.run('POST', '/nodes/pve1/qemu/9000/clone', params)).toBe('OK');
}

test('moves a stopped VM with its disks to another node', async () => {
  await makeVm(700);
  expect(await client.read('/nodes/pve1/qemu/700/migrate')).toMatchObject({
    running: 0,
    allowed_nodes: ['pve2', 'pve3'],
    local_disks: expect.arrayContaining([
      expect.objectContaining({ volid: 'local-lvm:vm-700-disk-0', cdrom: 0 }),
    ]) as unknown[],
  });
  expect(await client.run('POST', '/nodes/pve1/qemu/700/migrate', { target: 'pve2' })).toBe('OK');
  expect(simulator.state.vms[700]).toMatchObject({ node: 'pve2' });
  expect(simulator.state.vms[700]?.config.lock).toBeUndefined();
  expect(simulator.state.volumes['pve2/local-lvm:vm-700-disk-0']?.node).toBe('pve2');
  expect(simulator.state.volumes['pve1/local-lvm:vm-700-disk-0']).toBeUndefined();
});

test('hands a running VM over only online and with its local disks', async () => {
  await makeVm(701);
  expect(await client.run('POST', '/nodes/pve1/qemu/701/status/start')).toBe('OK');
  const path = '/nodes/pve1/qemu/701/migrate';
  expect(await client.run('POST', path, { target: 'pve2' })).toBe(
    "500 can't migrate running VM without --online",
  );
  expect(await client.run('POST', path, { target: 'pve2', online: 1 })).toBe('migration aborted');
  expect(simulator.state.vms[701]).toMatchObject({ node: 'pve1' });
  expect(simulator.state.vms[701]?.config.lock).toBeUndefined();
  expect(await client.run('POST', path, { target: 'pve2', online: 1, 'with-local-disks': 1 })).toBe('OK');
  expect(simulator.state.vms[701]).toMatchObject({ node: 'pve2', guest: { hasSystem: true } });
});

test('refuses its own node, an unknown one, and a linked clone', async () => {
  await makeVm(702);
  const path = '/nodes/pve1/qemu/702/migrate';
  const own = await client.call('POST', path, { target: 'pve1' });
  expect(own.errors).toEqual({ target: 'target is local node.' });
  expect(await client.run('POST', path, { target: 'pve9' })).toBe("500 no such cluster node 'pve9'");
  expect(await client.run('POST', '/nodes/pve1/qemu/9000/clone', { newid: 703 })).toBe('OK');
  expect(await client.run('POST', '/nodes/pve1/qemu/703/migrate', { target: 'pve2' })).toBe(
    'migration aborted',
  );
});

test('backs VMs up one after the other and goes on after a failure', async () => {
  await makeVm(704);
  await makeVm(705);
  const locked = simulator.state.vms[704];
  if (locked) locked.config.lock = 'snapshot';
  const { data } = await client.call('POST', '/nodes/pve1/vzdump', { vmid: '704,705', storage: 'local' });
  expect(await client.exitOf(data)).toBe('job errors');
  expect(await client.logOf(data)).toContain('ERROR: Backup of VM 704 failed - VM is locked (snapshot)');
  const content = await client.call('GET', '/nodes/pve1/storage/local/content', { content: 'backup' });
  expect(content.data).toEqual([
    expect.objectContaining({ volid: expect.stringMatching(/^local:backup\/vzdump-qemu-705-/) as string }),
  ]);
  expect(simulator.state.vms[705]?.config.lock).toBeUndefined();
});

test('answers OK instead of a task when the VMs are on another node', async () => {
  const { data } = await client.call('POST', '/nodes/pve3/vzdump', { vmid: '705', storage: 'local' });
  expect(data).toBe('OK');
});
