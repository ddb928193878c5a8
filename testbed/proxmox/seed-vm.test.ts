import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { providerVms } from '../whmcs/provider-vms.ts';
import { startSimulator } from './simulator.ts';
import { createTestClient } from './test-client.ts';

const options = { seed: 'vms', size: 200, mess: 3 };

it('holds the VMs of a WHMCS provider from the start, running and stopped, with their addresses', async () => {
  const expected = [...providerVms(options, 'fra1')].filter((vm) => !vm.isContainer);
  const simulator = await startSimulator({ speed: 0, vms: expected });
  try {
    const vms = Object.values(simulator.state.vms).filter(({ config }) => config['template'] !== 1);
    expect(vms.map(({ vmid }) => vmid).toSorted((a, b) => a - b)).toEqual(
      expected.map(({ vmid }) => vmid).toSorted((a, b) => a - b),
    );
    const running = expected.find(({ isRunning, ip }) => isRunning && ip);
    const stopped = expected.find(({ isRunning }) => !isRunning);
    if (!running || !stopped) throw new Error('the provider lacks a running or a stopped VM');
    expect(simulator.state.vms[running.vmid]).toMatchObject({
      node: running.node,
      config: { name: running.name, cores: running.cores, memory: String(running.memoryMib) },
    });
    expect(simulator.state.vms[running.vmid]?.config['ipconfig0']).toContain(`ip=${running.ip}`);
    expect(simulator.state.vms[running.vmid]?.guest).not.toBeNull();
    expect(simulator.state.vms[stopped.vmid]?.guest).toBeNull();
  } finally {
    await simulator.close();
  }
});

it('leaves a VM alone whose number exists already', async () => {
  const vm = [...providerVms(options, 'ams1')].find(({ isContainer }) => !isContainer);
  if (!vm) throw new Error('no VM');
  const simulator = await startSimulator({ speed: 0, vms: [vm, { ...vm, name: 'second' }] });
  expect(simulator.state.vms[vm.vmid]?.config['name']).toBe(vm.name);
  await simulator.close();
});

it('does not bring back a VM that was deleted from a cluster that is kept', async () => {
  const [vm] = providerVms(options, 'ams1');
  if (!vm) throw new Error('no VM');
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-simulator-'));
  const kept = { speed: 0, templates: false, vms: [vm], stateFile: join(folder, 'state.json') };
  try {
    const first = await startSimulator(kept);
    expect(Object.keys(first.state.vms)).toEqual([String(vm.vmid)]);
    delete first.state.vms[vm.vmid];
    await first.close();
    const second = await startSimulator(kept);
    expect(second.state.vms).toEqual({});
    await second.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('lists a container as one, takes its id, and has no VM of that number', async () => {
  const [vm] = providerVms(options, 'ams1');
  if (!vm) throw new Error('no VM');
  const simulator = await startSimulator({ speed: 0, vms: [{ ...vm, name: 'ct', isContainer: true }] });
  const client = createTestClient(simulator);
  try {
    const { data } = await client.call('GET', '/cluster/resources', { type: 'vm' });
    const [found] = (data as { vmid: number }[]).filter(({ vmid }) => vmid === vm.vmid);
    expect(found).toMatchObject({
      type: 'lxc',
      name: 'ct',
      maxcpu: vm.cores,
      maxmem: vm.memoryMib * 1024 ** 2,
    });
    const taken = await client.call('GET', '/cluster/nextid', { vmid: vm.vmid });
    expect(taken.status).toBe(400);
    const missing = await client.call('GET', `/nodes/${vm.node}/qemu/${vm.vmid}/status/current`);
    expect(missing.status).toBe(500);
  } finally {
    await client.close();
    await simulator.close();
  }
});
