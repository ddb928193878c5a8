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

async function running(vmid: number, config: Record<string, unknown> = {}): Promise<string> {
  const path = `/nodes/pve1/qemu/${vmid}`;
  await client.run('POST', '/nodes/pve1/qemu/9000/clone', { newid: vmid });
  if (Object.keys(config).length > 0) await client.call('PUT', `${path}/config`, config);
  expect(await client.run('POST', `${path}/status/start`)).toBe('OK');
  return path;
}

interface Interfaces {
  result: { name: string; 'hardware-address': string; 'ip-addresses'?: Record<string, unknown>[] }[];
}

async function addressesOf(path: string): Promise<Record<string, unknown>[] | undefined> {
  const { data } = await client.call('GET', `${path}/agent/network-get-interfaces`);
  return (data as Interfaces).result.find(({ name }) => name === 'eth0')?.['ip-addresses'];
}

test('the agent answers after boot and reports the address cloud-init was given', async () => {
  const path = await running(200, { ipconfig0: 'ip=10.99.0.60/24,gw=10.99.0.1,ip6=2001:db8::5/64' });
  expect((await client.call('POST', `${path}/agent/ping`)).data).toEqual({ result: {} });
  await until(async () => (await addressesOf(path)) !== undefined);
  const addresses = await addressesOf(path);
  expect(addresses).toContainEqual({ 'ip-address': '10.99.0.60', 'ip-address-type': 'ipv4', prefix: 24 });
  expect(addresses).toContainEqual({ 'ip-address': '2001:db8::5', 'ip-address-type': 'ipv6', prefix: 64 });
});

test('reports the MAC of the config in lower case and a link-local address made of it', async () => {
  const path = await running(201, { net0: 'virtio=BC:24:11:AE:BA:44,bridge=vmbr0' });
  const { data } = await client.call('GET', `${path}/agent/network-get-interfaces`);
  const eth0 = (data as Interfaces).result.find(({ name }) => name === 'eth0');
  expect(eth0?.['hardware-address']).toBe('bc:24:11:ae:ba:44');
  expect(await addressesOf(path)).toContainEqual({
    'ip-address': 'fe80::be24:11ff:feae:ba44',
    'ip-address-type': 'ipv6',
    prefix: 64,
  });
});

test('invents an address when cloud-init is to ask DHCP', async () => {
  const path = await running(202, { ipconfig0: 'ip=dhcp' });
  const addresses = await addressesOf(path);
  expect(addresses?.find((address) => address['ip-address-type'] === 'ipv4')).toBeDefined();
});

test('takes over changed cloud-init values only at the next start', async () => {
  const path = await running(203, { ipconfig0: 'ip=10.99.0.60/24' });
  await client.call('PUT', `${path}/config`, { ipconfig0: 'ip=10.99.0.61/24' });
  expect(await addressesOf(path)).toContainEqual(expect.objectContaining({ 'ip-address': '10.99.0.60' }));
  await client.run('POST', `${path}/status/stop`);
  await client.run('POST', `${path}/status/start`);
  expect(await addressesOf(path)).toContainEqual(expect.objectContaining({ 'ip-address': '10.99.0.61' }));
});

test('agent calls fail differently when stopped, not configured and silent', async () => {
  simulator.faults.add({ action: 'agentNever', vmid: 204 });
  const path = await running(204);
  const ping = async (): Promise<string> => {
    const { status, reason } = await client.call('POST', `${path}/agent/ping`);
    return `${status} ${reason}`;
  };
  expect(await ping()).toBe('500 QEMU guest agent is not running');
  expect(await client.read(`${path}/status/current`)).toMatchObject({ agent: 1 });
  await client.run('POST', `${path}/status/stop`);
  expect(await ping()).toBe('500 VM 204 is not running');
  await client.call('PUT', `${path}/config`, { agent: 0 });
  expect(await ping()).toBe('500 No QEMU guest agent configured');
});

test('boots a CD that comes first in the boot order, whose system has no agent', async () => {
  const path = await running(206);
  await client.call('PUT', `${path}/config`, {
    ide0: 'local:iso/rescue.iso,media=cdrom',
    boot: 'order=ide0;scsi0',
  });
  expect((await client.call('POST', `${path}/agent/ping`)).status).toBe(200);
  await client.run('POST', `${path}/status/stop`);
  await client.run('POST', `${path}/status/start`);
  expect(simulator.state.vms[206]?.guest?.system).toBe('rescue');
  expect((await client.call('POST', `${path}/agent/ping`)).reason).toBe('QEMU guest agent is not running');
  expect(await client.run('POST', `${path}/status/shutdown`)).toBe('OK');
  await client.call('PUT', `${path}/config`, { boot: 'order=scsi0;ide0' });
  await client.run('POST', `${path}/status/start`);
  expect(simulator.state.vms[206]?.guest?.system).toBe('debian-12');
});

test('takes boot time before the agent answers', async () => {
  const slow = await startSimulator({ speed: 0.05 });
  const slowClient = createTestClient(slow);
  await slowClient.run('POST', '/nodes/pve1/qemu/9000/clone', { newid: 205 });
  await slowClient.run('POST', '/nodes/pve1/qemu/205/status/start');
  const ping = () => slowClient.call('POST', '/nodes/pve1/qemu/205/agent/ping');
  expect((await ping()).reason).toBe('QEMU guest agent is not running');
  await until(async () => (await ping()).status === 200);
  const { guest } = slow.state.vms[205] ?? {};
  expect((guest?.bootedAt ?? 0) - (guest?.startedAt ?? 0)).toBe(250);
  await slowClient.close();
  await slow.close();
});
