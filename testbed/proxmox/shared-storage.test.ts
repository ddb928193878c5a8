import { afterAll, beforeAll, expect, test } from 'vitest';

import type { ClusterState } from './cluster-state.ts';
import type { Simulator } from './simulator.ts';
import { startSimulator } from './simulator.ts';
import { seedStandalone } from './standalone-seed.ts';
import { createTestClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

const GIB = 1024 ** 3;
const QEMU = '/nodes/pve1/qemu';
let simulator: Simulator;
let client: TestClient;

/** Three nodes, of which two have the NFS storage `nas` and the RBD pool `ceph`. */
function seedShared(): ClusterState {
  const state = seedStandalone({ nodes: 3 });
  for (const node of ['pve1', 'pve2']) {
    const common = { node, total: 1000 * GIB, baseUsed: 0 };
    state.storages.push({ ...common, storage: 'nas', type: 'nfs', content: 'images,iso,import,backup' });
    state.storages.push({ ...common, storage: 'ceph', type: 'rbd', content: 'images' });
  }
  return state;
}

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0, state: seedShared() });
  client = createTestClient(simulator);
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

async function cloneOnto(storage: string, vmid: number): Promise<void> {
  const params = { newid: vmid, full: 1, storage };
  expect(await client.run('POST', `${QEMU}/9000/clone`, params)).toBe('OK');
}

test.each([
  ['nas', 'nas:100/vm-100-disk-0.qcow2', 'nfs'],
  ['ceph', 'ceph:vm-100-disk-0', 'rbd'],
])('volumes on %s are seen from all nodes that have it', async (storage, volid, type) => {
  await cloneOnto(storage, 100);
  for (const node of ['pve1', 'pve2']) {
    const { data } = await client.call('GET', `/nodes/${node}/storage/${storage}/content`, { vmid: 100 });
    expect(data).toContainEqual(expect.objectContaining({ volid }));
    expect(await client.read(`/nodes/${node}/storage/${storage}/status`)).toMatchObject({ type, shared: 1 });
  }
  const usedOn = async (node: string): Promise<unknown> =>
    (await client.read(`/nodes/${node}/storage/${storage}/status`)).used;
  expect(await usedOn('pve1')).toBe(await usedOn('pve2'));
  expect(await client.run('DELETE', `${QEMU}/100`)).toBe('OK');
  expect(await usedOn('pve2')).toBe(0);
});

test('a migration moves no disk, also of a running VM', async () => {
  await cloneOnto('ceph', 101);
  await client.run('POST', `${QEMU}/101/status/start`);
  expect(await client.read(`${QEMU}/101/migrate`)).toMatchObject({
    allowed_nodes: ['pve2'],
    local_disks: [],
    not_allowed_nodes: { pve3: { unavailable_storages: ['ceph'] } },
  });
  const { data: upid } = await client.call('POST', `${QEMU}/101/migrate`, { target: 'pve2', online: 1 });
  expect(await client.exitOf(upid)).toBe('OK');
  expect((await client.logOf(upid)).join('\n')).not.toMatch(/local disk|storage migration|mirror/);
  expect(simulator.state.vms[101]?.node).toBe('pve2');
  expect(simulator.state.volumes['/ceph:vm-101-disk-0']).toBeDefined();
});

test('a clone is made on another node if all disks are shared', async () => {
  await cloneOnto('nas', 102);
  expect(await client.run('POST', `${QEMU}/102/clone`, { newid: 103, target: 'pve2' })).toBe('OK');
  const config = await client.read('/nodes/pve2/qemu/103/config');
  expect(config.scsi0).toBe('nas:103/vm-103-disk-0.qcow2,size=1900M');
  expect(await client.run('POST', '/nodes/pve2/qemu/103/status/start')).toBe('OK');
});

test.each([
  [9000, { target: 'pve2' }, "can't clone VM to node 'pve2' (VM uses local storage)"],
  [9000, { target: 'pve2', storage: 'dir1', full: 1 }, "can't clone to non-shared storage 'dir1'"],
  [102, { target: 'pve3' }, "storage 'nas' is not available on node 'pve3'"],
])('a clone of %i with %o is refused', async (vmid, params, reason) => {
  const answer = await client.call('POST', `${QEMU}/${vmid}/clone`, { newid: 104, ...params });
  expect(answer.reason).toBe(reason);
});

test('a linked clone on a shared storage stands on its base', async () => {
  await cloneOnto('nas', 105);
  expect(await client.run('POST', `${QEMU}/105/template`)).toBe('OK');
  expect(await client.run('POST', `${QEMU}/105/clone`, { newid: 106, target: 'pve2' })).toBe('OK');
  expect(await client.run('DELETE', `${QEMU}/105`)).toBe(
    "base volume 'nas:105/base-105-disk-0.qcow2' is still in use by linked cloned",
  );
  expect(await client.run('DELETE', '/nodes/pve2/qemu/106')).toBe('OK');
  expect(await client.run('DELETE', `${QEMU}/105`)).toBe('OK');
});

test('a storage says how it is reached, and that it is shared', async () => {
  expect(await client.read('/storage/nas')).toMatchObject({
    type: 'nfs',
    path: '/mnt/pve/nas',
    shared: 1,
  });
  const { data } = await client.call('GET', '/cluster/resources', { type: 'storage' });
  const ids = (data as { id: string; shared: number }[]).filter(({ shared }) => shared === 1);
  expect(ids.map(({ id }) => id)).toEqual(expect.arrayContaining(['storage/pve1/ceph', 'storage/pve2/ceph']));
});
