import { expect, it } from 'vitest';
import { providerVms } from '../whmcs/provider-vms.ts';
import { startSimulator } from './simulator.ts';

const options = { seed: 'vms', size: 200, mess: 3 };

it('holds the VMs of a WHMCS provider from the start, running and stopped, with their addresses', async () => {
  const expected = [...providerVms(options, 'fra1')];
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
  const [vm] = providerVms(options, 'ams1');
  if (!vm) throw new Error('no VM');
  const simulator = await startSimulator({ speed: 0, vms: [vm, { ...vm, name: 'second' }] });
  expect(simulator.state.vms[vm.vmid]?.config['name']).toBe(vm.name);
  await simulator.close();
});
