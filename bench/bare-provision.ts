import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_TIMING } from '../activities/deps.ts';
import type { Proxmox } from '../proxmox/client.ts';
import type { TaskWatcher } from '../proxmox/tasks.ts';

/** Milliseconds by step. */
export type StepTimes = Record<string, number>;

export interface BareVm {
  name: string;
  vmid: number;
  node: string;
  templateVmid: number;
}

/**
 * What a script without a database or durability does to build the same VM: the same client, the same pace of looking at
 * tasks, and nothing in between. Guests it asks as often as it likes; with `isPaced` they share their node's one call per
 * second with its tasks, as through Berth.
 */
export async function provisionByHand(
  { proxmox, tasks, isPaced }: { proxmox: Proxmox; tasks: TaskWatcher; isPaced: boolean },
  { name, vmid, node, templateVmid }: BareVm,
): Promise<StepTimes> {
  const steps: StepTimes = {};
  const step = async (title: string, work: () => Promise<unknown>) => {
    const startedAt = performance.now();
    await work();
    steps[title] = performance.now() - startedAt;
  };
  const run = async (upid: string) => {
    const { exitStatus } = await tasks.wait(upid);
    if (exitStatus !== 'OK') throw new Error(`${upid} ended ${exitStatus}`);
  };
  await step('clone', async () =>
    run(
      await proxmox.cloneVm({
        node,
        vmid: templateVmid,
        newid: vmid,
        name,
        description: 'by hand',
        full: true,
      }),
    ),
  );
  await step('configure', () =>
    proxmox.updateConfig(node, vmid, {
      name,
      sockets: 1,
      cores: 1,
      memory: 512,
      onboot: 1,
      tags: 'by-hand',
      net0: 'virtio,bridge=vmbr0',
      ipconfig0: `ip=10.65.0.${vmid % 250}/16,gw=10.65.255.1`,
      nameserver: '10.64.0.2',
      ciuser: 'debian',
    }),
  );
  await step('resize', async () => run(await proxmox.resizeDisk(node, vmid, 'scsi0', '10G')));
  await step('start', async () => run(await proxmox.start(node, vmid)));
  await step('ready', async () => {
    for (;;) {
      if (isPaced) await tasks.turn(node);
      if ((await proxmox.agentPing(node, vmid)) === 'answering') return;
      await delay(DEFAULT_TIMING.pollMs);
    }
  });
  return steps;
}
