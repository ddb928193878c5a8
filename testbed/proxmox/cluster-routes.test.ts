import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { createTestClient, until } from './test-client.ts';
import type { TestClient } from './test-client.ts';

let simulator: Simulator;
let client: TestClient;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0.02 });
  client = createTestClient(simulator);
});
afterEach(() => simulator.faults.clear());
afterAll(async () => {
  await client.close();
  await simulator.close();
});

async function list(path: string, params = {}): Promise<Record<string, unknown>[]> {
  const { data } = await client.call('GET', path, params);
  return data as Record<string, unknown>[];
}

async function resource(id: string): Promise<Record<string, unknown> | undefined> {
  return (await list('/cluster/resources')).find((entry) => entry.id === id);
}

test('has three nodes with two storages and two templates each', async () => {
  expect((await list('/nodes')).map(({ node, status }) => [node, status])).toEqual([
    ['pve1', 'online'],
    ['pve2', 'online'],
    ['pve3', 'online'],
  ]);
  const storages = await list('/cluster/resources', { type: 'storage' });
  expect(storages.map(({ id }) => id)).toEqual(
    ['pve1', 'pve2', 'pve3'].flatMap((node) => [`storage/${node}/local`, `storage/${node}/local-lvm`]),
  );
  const vms = await list('/cluster/resources', { type: 'vm' });
  expect(vms.map(({ vmid, name, template }) => [vmid, name, template])).toEqual([
    [9000, 'debian-12', 1],
    [9001, 'ubuntu-24.04', 1],
    [9010, 'debian-12', 1],
    [9011, 'ubuntu-24.04', 1],
    [9020, 'debian-12', 1],
    [9021, 'ubuntu-24.04', 1],
  ]);
});

test('presents its own certificate as the nodes fingerprint', async () => {
  const [node] = await list('/nodes');
  expect(node?.ssl_fingerprint).toBe(simulator.fingerprint);
  expect(simulator.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
});

test('knows a new VM only as unknown and nameless until the next broadcast, but its tags at once', async () => {
  const slow = await startSimulator({ speed: 1 });
  const slowClient = createTestClient(slow);
  await slowClient.call('POST', '/nodes/pve1/qemu', { vmid: 400, name: 'new', tags: 'x' });
  const { data } = await slowClient.call('GET', '/cluster/resources', { type: 'vm' });
  expect((data as Record<string, unknown>[]).find(({ vmid }) => vmid === 400)).toEqual({
    id: 'qemu/400',
    type: 'qemu',
    vmid: 400,
    node: 'pve1',
    status: 'unknown',
    lock: 'create',
    tags: 'x',
  });
  expect(await slowClient.read('/nodes/pve1/qemu/400/status/current')).toMatchObject({ name: 'new' });
  await slowClient.close();
  await slow.close();
});

test('knows a new VM by name after the next broadcast', async () => {
  expect(await client.run('POST', '/nodes/pve1/qemu', { vmid: 400, name: 'new' })).toBe('OK');
  await until(async () => (await resource('qemu/400'))?.name === 'new');
  expect(await resource('qemu/400')).toMatchObject({ status: 'stopped', template: 0, maxcpu: 1 });
});

test('hands out the lowest free id without reserving it', async () => {
  const next = async () => (await client.call('GET', '/cluster/nextid')).data;
  expect(await next()).toBe('100');
  expect(await next()).toBe('100');
  expect((await client.call('GET', '/cluster/nextid', { vmid: 9000 })).errors).toEqual({
    vmid: 'VM 9000 already exists',
  });
  expect((await client.call('GET', '/cluster/nextid', { vmid: 99 })).errors).toEqual({
    vmid: 'invalid format - value does not look like a valid VM ID\n',
  });
});

test('refuses a resource type it does not know', async () => {
  expect((await client.call('GET', '/cluster/resources', { type: 'bogus' })).errors).toEqual({
    type: "value 'bogus' does not have a value in the enumeration 'vm, storage, node, sdn'",
  });
});

test('a node that is down answers 595 with nothing, is offline, and its VMs keep their last status', async () => {
  simulator.faults.add({ action: 'nodeDown', node: 'pve2' });
  const answer = await client.call('GET', '/nodes/pve2/qemu');
  expect([answer.status, answer.reason, answer.text]).toEqual([595, 'No route to host', '']);
  const node = (await list('/nodes')).find((entry) => entry.node === 'pve2');
  expect(node).toMatchObject({ status: 'offline' });
  expect(node?.cpu).toBeUndefined();
  expect(await resource('qemu/9010')).toMatchObject({ status: 'stopped', name: 'debian-12' });
  const status = await list('/cluster/status');
  expect(status.map(({ name, online }) => [name, online])).toContainEqual(['pve2', 0]);
  expect(status[0]).toMatchObject({ type: 'cluster', quorate: 1, nodes: 3 });
});

test('reports the sizes of a storage and refuses one that is not there', async () => {
  const [thin] = await list('/nodes/pve1/storage', { content: 'images' });
  expect(thin).toMatchObject({ storage: 'local-lvm', type: 'lvmthin', active: 1, enabled: 1, shared: 0 });
  expect(Number(thin?.used) + Number(thin?.avail)).toBe(thin?.total);
  expect((await client.call('GET', '/nodes/pve1/storage/nosuch/status')).errors).toEqual({
    storage: 'No such storage.',
  });
});

test('lists the bridge of a node', async () => {
  const bridges = await list('/nodes/pve1/network', { type: 'any_bridge' });
  expect(bridges.map(({ iface, type }) => [iface, type])).toEqual([['vmbr0', 'bridge']]);
});

test('describes a node with load averages as text', async () => {
  expect(await client.read('/nodes/pve1/status')).toMatchObject({
    loadavg: [expect.any(String), expect.any(String), expect.any(String)] as string[],
    cpuinfo: { cpus: 32, mhz: expect.any(String) as string },
    memory: { total: 256 * 1024 ** 3 },
  });
});
