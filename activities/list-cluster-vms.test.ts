import { afterAll, beforeAll, expect, it } from 'vitest';
import { listClusterVms, listVmAddresses } from './list-cluster-vms.ts';
import { createProxmox, type Proxmox } from '../proxmox/client.ts';
import { startSimulator, type Simulator } from '../testbed/proxmox/simulator.ts';

const VM = {
  vmid: 3001,
  node: 'pve2',
  name: 'web7.example.net',
  cores: 2,
  memoryMib: 4096,
  diskGib: 40,
  mac: 'BC:24:11:00:00:07',
  ip: '10.0.0.7/24',
  ip6: '2001:db8::7/64',
  isRunning: true,
};

let simulator: Simulator;
let proxmox: Proxmox;
beforeAll(async () => {
  const { ip: _, ip6: __, ...plain } = { ...VM, vmid: 3003, mac: 'BC:24:11:00:00:09', isRunning: false };
  const container = { ...VM, vmid: 3002, name: 'ct', mac: 'BC:24:11:00:00:08', isContainer: true as const };
  simulator = await startSimulator({ speed: 0, templates: false, vms: [VM, container, plain] });
  proxmox = createProxmox({
    endpoints: [simulator.url],
    ca: simulator.ca,
    token: simulator.token,
  });
});
afterAll(async () => {
  await proxmox.close();
  await simulator.close();
});

it('lists VMs and containers with their sizes, in one call', async () => {
  const before = simulator.calls.length;
  const found = await listClusterVms(proxmox);
  expect(simulator.calls.length - before).toBe(1);
  expect(found).toContainEqual({
    vmid: 3001,
    node: 'pve2',
    kind: 'qemu',
    name: 'web7.example.net',
    status: 'running',
    vcpu: 2,
    memoryMib: 4096,
    diskGib: 40,
    template: false,
  });
  expect(found).toContainEqual(expect.objectContaining({ vmid: 3002, kind: 'lxc', name: 'ct' }));
});

it('knows the addresses a VM was given, and none of one that is gone', async () => {
  expect(await listVmAddresses(proxmox, 'pve2', 3001)).toEqual([
    '10.0.0.7/24',
    '2001:db8::7/64',
    'bc:24:11:00:00:07',
  ]);
  expect(await listVmAddresses(proxmox, 'pve2', 3003)).toEqual(['bc:24:11:00:00:09']);
  expect(await listVmAddresses(proxmox, 'pve2', 9999)).toEqual([]);
});
