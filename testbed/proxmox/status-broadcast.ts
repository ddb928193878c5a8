import type { Cluster } from './cluster.ts';
import { qmpStatus, vmStatus } from './guests.ts';

/**
 * What the nodes last told each other about their VMs. It lags: a node sends every 10 s, and until
 * then others see what was sent before, or nothing of a VM that is new. What a node that is cut off sent is kept for 5 min.
 */
export interface Broadcast {
  lastOf(vmid: number): Record<string, unknown> | undefined;
  /** Says whether a node has not been heard of for so long that what it said is forgotten. */
  isForgotten(node: string): boolean;
  /** Sends the state of all nodes now. */
  pass(): void;
}

export function createBroadcast(getCluster: () => Cluster, keptMs: () => number): Broadcast {
  let sent = new Map<number, Record<string, unknown>>();
  const heardAt = new Map<string, number>();

  function isForgotten(node: string): boolean {
    return getCluster().clock.now() - (heardAt.get(node) ?? -Infinity) > keptMs();
  }

  function pass(): void {
    const cluster = getCluster();
    for (const { node } of cluster.state.nodes) {
      if (!cluster.faults.isNodeDown(node)) heardAt.set(node, cluster.clock.now());
    }
    const next = new Map<number, Record<string, unknown>>();
    for (const vm of Object.values(cluster.state.vms)) {
      const last = sent.get(vm.vmid);
      if (cluster.faults.isNodeDown(vm.node)) {
        if (last && !isForgotten(vm.node)) next.set(vm.vmid, last);
        continue;
      }
      const { name, cpus, ...status } = vmStatus(vm, cluster.clock.now());
      next.set(vm.vmid, {
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
      });
    }
    sent = next;
  }

  return { lastOf: (vmid) => sent.get(vmid), isForgotten, pass };
}
