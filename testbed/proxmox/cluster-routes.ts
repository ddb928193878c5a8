import type { Cluster } from './cluster.ts';
import { findStorage, storageUsed } from './cluster.ts';
import type { NodeState } from './cluster-state.ts';
import { nodeUsage } from './guests.ts';
import { STRING } from './parameters.ts';
import type { Route } from './route.ts';
import { listTasks } from './task-routes.ts';

/** What /nodes and /cluster/resources say about a node; an offline one has no numbers. */
function nodeSummary(cluster: Cluster, node: NodeState): Record<string, unknown> {
  const base = { id: `node/${node.node}`, type: 'node', node: node.node, level: '' };
  if (cluster.faults.isNodeDown(node.node)) return { ...base, status: 'offline' };
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
    uptime: Math.floor((Date.now() - cluster.state.bootedAt) / 1000),
  };
}

function vmResources(cluster: Cluster): Record<string, unknown>[] {
  return Object.values(cluster.state.vms).map((vm) => {
    const { lock, tags } = vm.config;
    const pool = cluster.state.pools.find(({ members }) => members.includes(vm.vmid));
    return {
      id: `qemu/${vm.vmid}`,
      type: 'qemu',
      vmid: vm.vmid,
      node: vm.node,
      status: 'unknown',
      ...cluster.broadcast.lastOf(vm.vmid),
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
  return cluster.state.nodes.map(({ node }) => ({
    id: `network/${node}/zone/localnetwork`,
    type: 'network',
    'network-type': 'zone',
    network: 'localnetwork',
    node,
    status: 'ok',
  }));
}

/** /cluster and the list of nodes, which every node answers by itself. */
export const clusterRoutes: Route[] = [
  {
    method: 'GET',
    path: '/cluster/resources',
    parameters: { type: { ...STRING, enum: ['vm', 'storage', 'node', 'sdn'] } },
    handle: ({ cluster, params }) => {
      const { type } = params;
      const nodes = (): unknown[] =>
        cluster.state.nodes.map((node) => ({ ...nodeSummary(cluster, node), 'cgroup-mode': 2 }));
      return [
        ...(type === undefined || type === 'node' ? nodes() : []),
        ...(type === undefined || type === 'vm'
          ? [...vmResources(cluster), ...containerResources(cluster)]
          : []),
        ...(type === undefined || type === 'storage' ? storageResources(cluster) : []),
        ...(type === undefined || type === 'sdn' ? networkResources(cluster) : []),
      ];
    },
  },
  {
    method: 'GET',
    path: '/cluster/status',
    parameters: {},
    isForwarded: true,
    handle: ({ cluster }) => {
      const { nodes } = cluster.state;
      const online = nodes.filter(({ node }) => !cluster.faults.isNodeDown(node));
      return [
        {
          type: 'cluster',
          id: 'cluster',
          name: 'testbed',
          nodes: nodes.length,
          version: nodes.length,
          quorate: Number(online.length > nodes.length / 2),
        },
        ...nodes.map(({ node, ip }, index) => ({
          type: 'node',
          id: `node/${node}`,
          name: node,
          nodeid: index + 1,
          ip,
          level: '',
          local: Number(index === 0),
          online: Number(!cluster.faults.isNodeDown(node)),
        })),
      ];
    },
  },
  {
    method: 'GET',
    path: '/cluster/tasks',
    parameters: {},
    handle: ({ cluster, caller }) => {
      const entries = cluster.state.nodes.flatMap(({ node }) =>
        listTasks(cluster, node, caller, { source: 'all' }).slice(0, 25),
      );
      return entries
        .map(({ pid: _pid, pstart: _pstart, ...entry }) => ({
          ...entry,
          saved: entry.endtime === undefined ? '0' : '1',
          status: entry.status,
        }))
        .toSorted((a, b) => b.starttime - a.starttime);
    },
  },
  {
    method: 'GET',
    path: '/cluster/options',
    parameters: {},
    handle: () => ({ mac_prefix: 'BC:24:11', 'allowed-tags': [], description: '' }),
  },
  {
    method: 'GET',
    path: '/nodes',
    parameters: {},
    handle: ({ cluster }) =>
      cluster.state.nodes.map((node) => ({
        ...nodeSummary(cluster, node),
        ssl_fingerprint: cluster.fingerprint,
      })),
  },
];
