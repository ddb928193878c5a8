import type { Cluster } from './cluster.ts';
import { findNode, findStorage, storageUsed } from './cluster.ts';
import type { NodeState } from './cluster-state.ts';
import { nodeUsage } from './guests.ts';
import { hasAny } from './permissions.ts';

/** What /nodes and /cluster/resources say about a node; one cut off has only its sizes, and that for 5 min; none are told without Sys.Audit. */
export function nodeSummary(cluster: Cluster, node: NodeState, caller: string): Record<string, unknown> {
  const base = { id: `node/${node.node}`, type: 'node', node: node.node, level: '' };
  if (cluster.faults.isNodeDown(node.node)) {
    const { cpus: maxcpu, memory: maxmem, rootSize: maxdisk } = node;
    const isKnown =
      !cluster.broadcast.isForgotten(node.node) &&
      hasAny(cluster.plain, caller, `/nodes/${node.node}`, ['Sys.Audit']);
    return { ...base, status: 'offline', ...(isKnown ? { maxcpu, maxmem, maxdisk } : {}) };
  }
  if (!hasAny(cluster.plain, caller, `/nodes/${node.node}`, ['Sys.Audit']))
    return { ...base, status: 'online' };
  const root = findStorage(cluster, node.node, 'local');
  const { cpu, mem } = nodeUsage(cluster, node.node);
  return {
    ...base,
    status: 'online',
    cpu,
    maxcpu: node.cpus,
    mem,
    maxmem: node.memory,
    disk: root ? storageUsed(cluster, root) : 0,
    maxdisk: node.rootSize,
    uptime: Math.floor((cluster.clock.now() - cluster.state.bootedAt) / 1000),
  };
}

/** What /cluster/resources says about VMs, whoever asks. */
export function vmResources(cluster: Cluster): Record<string, unknown>[] {
  return Object.values(cluster.state.vms).map((vm) => {
    const { lock, tags } = vm.config;
    const isKnown = findNode(cluster, vm.node) !== undefined;
    const pool = cluster.state.pools.find(({ members }) => members.includes(vm.vmid));
    return {
      id: `qemu/${vm.vmid}`,
      type: 'qemu',
      vmid: vm.vmid,
      node: vm.node,
      status: 'unknown',
      ...(isKnown ? cluster.broadcast.lastOf(vm.vmid) : {}),
      // Read from the config files, so these two never lag.
      ...(lock === undefined ? {} : { lock }),
      ...(tags === undefined || String(tags).trim() === '' ? {} : { tags }),
      ...(pool ? { pool: pool.poolid } : {}),
    };
  });
}

function containerResources({ state }: Cluster): Record<string, unknown>[] {
  return Object.values(state.containers ?? {}).map(
    ({ vmid, node, name, cores, memory, disk, isRunning }) => ({
      id: `lxc/${vmid}`,
      type: 'lxc',
      vmid,
      node,
      name,
      status: isRunning ? 'running' : 'stopped',
      template: 0,
      maxcpu: cores,
      maxmem: memory,
      maxdisk: disk,
      uptime: 0,
      cpu: 0,
      mem: 0,
      disk: 0,
    }),
  );
}

function storageResources(cluster: Cluster): Record<string, unknown>[] {
  return cluster.state.storages.map((storage) => {
    const base = {
      id: `storage/${storage.node}/${storage.storage}`,
      type: 'storage',
      storage: storage.storage,
      node: storage.node,
      plugintype: storage.type,
      shared: 0,
      content: storage.content,
    };
    return cluster.faults.isNodeDown(storage.node)
      ? { ...base, status: 'unknown' }
      : {
          ...base,
          status: 'available',
          disk: storageUsed(cluster, storage),
          maxdisk: storage.total,
        };
  });
}

function networkResources(cluster: Cluster): Record<string, unknown>[] {
  if (cluster.state.release === '8.4') {
    return cluster.state.nodes.map(({ node }) => ({
      id: `sdn/${node}/localnetwork`,
      type: 'sdn',
      sdn: 'localnetwork',
      node,
      status: 'ok',
    }));
  }
  return cluster.state.nodes.map(({ node }) => ({
    id: `network/${node}/zone/localnetwork`,
    type: 'network',
    'network-type': 'zone',
    network: 'localnetwork',
    node,
    status: 'ok',
  }));
}

/** What a caller may see of VMs, storages and networks; nodes are listed for everyone. */
export function resourcesOf(
  cluster: Cluster,
  caller: string,
  type: string | number | undefined,
): Record<string, unknown>[] {
  const { state } = cluster;
  const sees = (path: string, privileges: string[]): boolean => hasAny(state, caller, path, privileges);
  const guests = [...vmResources(cluster), ...containerResources(cluster)];
  const kinds: Record<string, () => Record<string, unknown>[]> = {
    node: () => state.nodes.map((node) => ({ ...nodeSummary(cluster, node, caller), 'cgroup-mode': 2 })),
    vm: () => guests.filter(({ vmid }) => sees(`/vms/${String(vmid)}`, ['VM.Audit'])),
    storage: () =>
      storageResources(cluster).filter(({ storage }) =>
        sees(`/storage/${String(storage)}`, ['Datastore.Audit']),
      ),
    sdn: () =>
      sees('/sdn/zones/localnetwork', ['SDN.Audit', 'SDN.Use', 'SDN.Allocate'])
        ? networkResources(cluster)
        : [],
  };
  return Object.entries(kinds).flatMap(([kind, list]) => (type === undefined || type === kind ? list() : []));
}
