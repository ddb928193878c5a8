import type { Cluster } from './cluster.ts';
import type { Vm } from './cluster-state.ts';
import { qmpStatus, vmStatus } from './guests.ts';
import { withoutNewerFields } from './release-differences.ts';

const EVERY_MS = 10_000;
const KEPT_MS = 5 * 60_000;

/**
 * What the nodes last told each other about their VMs. It lags: a node sends every 10 s, not at the same time as the
 * others, and until then they see what was sent before, or nothing of a VM that is new. What a node that is cut off sent
 * is kept for 5 min.
 */
export interface Broadcast {
  lastOf(vmid: number): Record<string, unknown> | undefined;
  /** Says whether a node has not been heard of for so long that what it said is forgotten. */
  isForgotten(node: string): boolean;
  /** Sends the state of all nodes, and from then on of each in its turn. */
  start(): void;
}

export function createBroadcast(getCluster: () => Cluster): Broadcast {
  const sent = new Map<number, { node: string; status: Record<string, unknown> }>();
  const sentBy = new Map<string, number[]>();
  const heardAt = new Map<string, number>();

  function isForgotten(node: string): boolean {
    const cluster = getCluster();
    return cluster.clock.now() - (heardAt.get(node) ?? -Infinity) > cluster.scaled(KEPT_MS, 1500);
  }

  function send(node: string): void {
    const { plain, index, faults, clock } = getCluster();
    if (faults.isNodeDown(node)) return;
    heardAt.set(node, clock.now());
    for (const vmid of sentBy.get(node) ?? []) if (!plain.vms[vmid]) sent.delete(vmid);
    const vms = index.vmsOn(node);
    for (const vm of vms) {
      const status = summary(vm, clock.now());
      sent.set(vm.vmid, { node, status: plain.release === '8.4' ? withoutNewerFields(status) : status });
    }
    sentBy.set(
      node,
      vms.map(({ vmid }) => vmid),
    );
  }

  return {
    lastOf(vmid) {
      const last = sent.get(vmid);
      return last && !isForgotten(last.node) ? last.status : undefined;
    },
    isForgotten,
    start() {
      const cluster = getCluster();
      const { nodes } = cluster.plain;
      for (const [index, { node }] of nodes.entries()) {
        send(node);
        const share = (index + 1) / nodes.length;
        cluster.clock.every(
          () => cluster.scaled(EVERY_MS, 50),
          () => send(node),
          share,
        );
      }
    },
  };
}

function summary(vm: Readonly<Vm>, now: number): Record<string, unknown> {
  const { name, cpus, ...status } = vmStatus(vm, now);
  return {
    name,
    status: qmpStatus(vm),
    template: status.template ?? 0,
    uptime: status.uptime,
    cpu: status.cpu,
    maxcpu: cpus,
    mem: status.mem,
    maxmem: status.maxmem,
    memhost: status.memhost,
    disk: 0,
    maxdisk: status.maxdisk,
    netin: status.netin,
    netout: status.netout,
    diskread: status.diskread,
    diskwrite: status.diskwrite,
  };
}
