import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_TIMING } from '../activities/deps.ts';
import type { Proxmox } from '../proxmox/client.ts';
import type { TaskWatcher } from '../proxmox/tasks.ts';

/** Milliseconds by step. */
export type StepTimes = Record<string, number>;

const NODE = 'pve1';
const TEMPLATE = 9000;

/**
 * What a script without a database or durability does to build the same VM: the same client, the same pace of looking
 * at tasks and agent, and nothing in between.
 */
export async function provisionByHand(
  { proxmox, tasks }: { proxmox: Proxmox; tasks: TaskWatcher },
  name: string,
  vmid: number,
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
        node: NODE,
        vmid: TEMPLATE,
        newid: vmid,
        name,
        description: 'by hand',
        full: true,
      }),
    ),
  );
  await step('configure', () =>
    proxmox.updateConfig(NODE, vmid, {
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
  await step('resize', async () => run(await proxmox.resizeDisk(NODE, vmid, 'scsi0', '10G')));
  await step('start', async () => run(await proxmox.start(NODE, vmid)));
  await step('ready', async () => {
    while ((await proxmox.agentPing(NODE, vmid)) !== 'answering') await delay(DEFAULT_TIMING.pollMs);
  });
  return steps;
}
