import type { Cluster } from './cluster.ts';
import { findStorage, isShared, storageUsed } from './cluster.ts';
import type { NodeState, Vm } from './cluster-state.ts';
import { nodeUsage } from './guests.ts';
import { hasAny } from './permissions.ts';
import { JsonText } from './route.ts';

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
    uptime: Math.floor((cluster.clock.now() - cluster.plain.bootedAt) / 1000),
  };
}

/** What /cluster/resources says about a VM, whoever asks. */
export function vmResource(cluster: Cluster, { vmid, node, config }: Readonly<Vm>): Record<string, unknown> {
  const { lock, tags } = config;
  const pool = cluster.index.poolOf(vmid);
  return {
    id: `qemu/${vmid}`,
    type: 'qemu',
    vmid,
    node,
    status: 'unknown',
    ...cluster.broadcast.lastOf(vmid),
    // Read from the config files, so these two never lag.
    ...(lock === undefined ? {} : { lock }),
    ...(tags === undefined || String(tags).trim() === '' ? {} : { tags }),
    ...(pool === undefined ? {} : { pool }),
  };
}

/** That as JSON, and what it was made of. */
interface VmLine {
  sent: Record<string, unknown> | undefined;
  node: string;
  lock: string | number | undefined;
  tags: string | number | undefined;
  pool: string | undefined;
  text: string;
}

const lines = new WeakMap<object, VmLine>();

/** What /cluster/resources says about a VM as JSON; made anew only when something in it is not what it was. */
function vmLine(cluster: Cluster, vm: Readonly<Vm>): string {
  const { vmid, node } = vm;
  const { lock, tags } = vm.config;
  const sent = cluster.broadcast.lastOf(vmid);
  const pool = cluster.index.poolOf(vmid);
  const last = lines.get(vm);
  if (
    last !== undefined &&
    last.sent === sent &&
    last.node === node &&
    last.lock === lock &&
    last.tags === tags &&
    last.pool === pool
  ) {
    return last.text;
  }
  const text = JSON.stringify(vmResource(cluster, vm));
  lines.set(vm, { sent, node, lock, tags, pool, text });
  return text;
}

function containerResources({ plain }: Cluster): Record<string, unknown>[] {
  return Object.values(plain.containers ?? {}).map(
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
  return cluster.plain.storages.map((storage) => {
    const base = {
      id: `storage/${storage.node}/${storage.storage}`,
      type: 'storage',
      storage: storage.storage,
      node: storage.node,
      plugintype: storage.type,
      shared: isShared(storage) ? 1 : 0,
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
  if (cluster.plain.release === '8.4') {
    return cluster.plain.nodes.map(({ node }) => ({
      id: `sdn/${node}/localnetwork`,
      type: 'sdn',
      sdn: 'localnetwork',
      node,
      status: 'ok',
    }));
  }
  return cluster.plain.nodes.map(({ node }) => ({
    id: `network/${node}/zone/localnetwork`,
    type: 'network',
    'network-type': 'zone',
    network: 'localnetwork',
    node,
    status: 'ok',
  }));
}

/** What a caller may see of VMs, storages and networks as a list in JSON; nodes are listed for everyone. */
export function resourcesOf(cluster: Cluster, caller: string, type: string | number | undefined): JsonText {
  const { plain, index } = cluster;
  const sees = (path: string, privileges: string[]): boolean => hasAny(plain, caller, path, privileges);
  const texts = (list: Record<string, unknown>[]): string[] => list.map((one) => JSON.stringify(one));
  const kinds: Record<string, () => string[]> = {
    node: () =>
      texts(plain.nodes.map((node) => ({ ...nodeSummary(cluster, node, caller), 'cgroup-mode': 2 }))),
    vm: () => [
      ...Object.values(plain.vms)
        .filter(({ vmid }) => index.seesVm(caller, vmid))
        .map((vm) => vmLine(cluster, vm)),
      ...texts(containerResources(cluster).filter(({ vmid }) => index.seesVm(caller, Number(vmid)))),
    ],
    storage: () =>
      texts(
        storageResources(cluster).filter(({ storage }) =>
          sees(`/storage/${String(storage)}`, ['Datastore.Audit']),
        ),
      ),
    sdn: () =>
      sees('/sdn/zones/localnetwork', ['SDN.Audit', 'SDN.Use', 'SDN.Allocate'])
        ? texts(networkResources(cluster))
        : [],
  };
  const wanted = Object.entries(kinds).filter(([kind]) => type === undefined || type === kind);
  return new JsonText(`[${wanted.flatMap(([, list]) => list()).join(',')}]`);
}
