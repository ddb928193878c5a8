import type { RunningBerth } from '../e2e/berth.ts';
import { until } from '../until.ts';

/** What dies or is cut: four processes, the node a VM is on, and the network before and after a call's effect. */
export const VICTIMS = ['api', 'worker', 'temporal', 'postgres', 'node', 'before', 'after'] as const;
export type Victim = (typeof VICTIMS)[number];

const TITLES: Record<Victim, string> = {
  api: 'api',
  worker: 'worker',
  temporal: 'Temporal',
  postgres: 'PostgreSQL',
  node: 'Proxmox node',
  before: 'network before the effect',
  after: 'network after the effect',
};
export const victimTitle = (victim: Victim): string => TITLES[victim];

type Process = Extract<Victim, 'api' | 'worker' | 'temporal' | 'postgres'>;
export const isProcess = (victim: Victim): victim is Process =>
  ['api', 'worker', 'temporal', 'postgres'].includes(victim);

/** Kills the process with SIGKILL and waits until its supervisor has started another one. */
export async function killProcess(berth: RunningBerth, victim: Process): Promise<void> {
  const pid = await berth.pidOf(victim);
  process.kill(pid, 'SIGKILL');
  await until(async () => (await berth.pidOf(victim)) !== pid, 60_000);
}

const NODES = ['pve1', 'pve2', 'pve3'];
const CUT_MS = 4_000;

/** Cuts every node off from the others at once, so that each VM's is among them. */
export async function cutNodes(berth: RunningBerth): Promise<void> {
  for (const node of NODES) await berth.addFault({ action: 'nodeDown', node, forMs: CUT_MS });
}

/** Drops the next changing calls about a VM (or a clone of it), before or after their effect. */
export async function cutNetwork(
  berth: RunningBerth,
  when: 'before' | 'after',
  vmids: (number | null)[],
): Promise<void> {
  for (const vmid of vmids) {
    const about = vmid === null ? { path: '/clone$' } : { vmid };
    for (const method of ['POST', 'PUT', 'DELETE'])
      await berth.addFault({ action: 'drop', when, method, ...about, count: 1 });
  }
}
