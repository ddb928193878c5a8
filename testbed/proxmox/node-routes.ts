import { badParameters, refuse } from './api-error.ts';
import { versionOf } from './access-routes.ts';
import type { Cluster } from './cluster.ts';
import { findNode, findStorage, isShared, storageUsed } from './cluster.ts';
import type { StorageState } from './cluster-state.ts';
import { nodeUsage } from './guests.ts';
import { hasAny } from './permissions.ts';
import type { Route } from './route.ts';
import { printVolume } from './volumes.ts';

function storageStatus(cluster: Cluster, storage: StorageState): Record<string, unknown> {
  const used = storageUsed(cluster, storage);
  return {
    type: storage.type,
    content: storage.content,
    active: 1,
    enabled: 1,
    shared: isShared(storage) ? 1 : 0,
    total: storage.total,
    used,
    avail: storage.total - used,
  };
}

/** /nodes/{node} apart from its VMs and tasks. */
export const nodeRoutes: Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/status',
    handle: ({ cluster, node }) => {
      const state = findNode(cluster, node);
      if (!state) throw refuse(`no such node '${node}'`);
      const { cpu, mem } = nodeUsage(cluster, node);
      const root = findStorage(cluster, node, 'local');
      const used = root ? storageUsed(cluster, root) : 0;
      const { version, repoid } = versionOf(cluster.plain);
      const load = (cpu * state.cpus).toFixed(2);
      return {
        uptime: Math.floor((cluster.clock.now() - cluster.state.bootedAt) / 1000),
        idle: 0,
        cpu,
        wait: 0,
        loadavg: [load, load, load],
        kversion: 'Linux 6.14.8-2-pve #1 SMP PREEMPT_DYNAMIC PMX 6.14.8-2',
        'current-kernel': {
          sysname: 'Linux',
          release: '6.14.8-2-pve',
          version: '#1 SMP PREEMPT_DYNAMIC PMX 6.14.8-2',
          machine: 'x86_64',
        },
        'boot-info': { mode: 'legacy-bios' },
        cpuinfo: {
          model: 'AMD EPYC 9354P 32-Core Processor',
          vendor: 'AuthenticAMD',
          family: '25',
          cpus: state.cpus,
          cores: state.cpus,
          sockets: 1,
          mhz: '3250.000',
          hvm: '1',
          user_hz: 100,
          flags: 'fpu vme de pse tsc msr pae mce cx8 apic sep svm sse4_1 sse4_2 aes avx avx2',
        },
        memory: { total: state.memory, used: mem, free: state.memory - mem, available: state.memory - mem },
        swap: { total: 8 * 1024 ** 3, used: 0, free: 8 * 1024 ** 3 },
        ksm: { shared: 0 },
        rootfs: {
          total: state.rootSize,
          used,
          free: state.rootSize - used,
          avail: state.rootSize - used,
        },
        pveversion: `pve-manager/${version}/${repoid}`,
      };
    },
  },
  {
    method: 'GET',
    path: '/nodes/{node}/version',
    handle: ({ cluster }) => versionOf(cluster.plain),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage',
    isForwarded: true,
    handle: ({ cluster, node, params, caller }) => {
      const wanted = String(params.content ?? '')
        .split(',')
        .filter(Boolean);
      return cluster.plain.storages
        .filter((storage) => storage.node === node)
        .filter(({ storage }) =>
          hasAny(cluster.plain, caller.user, `/storage/${storage}`, [
            'Datastore.Audit',
            'Datastore.AllocateSpace',
          ]),
        )
        .filter(({ storage }) => params.storage === undefined || storage === params.storage)
        .filter(({ content }) => wanted.every((kind) => content.split(',').includes(kind)))
        .map((storage) => ({
          storage: storage.storage,
          ...storageStatus(cluster, storage),
          used_fraction: storageUsed(cluster, storage) / storage.total,
        }));
    },
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/status',
    isForwarded: true,
    handle: ({ cluster, node, params }) => {
      const storage = findStorage(cluster, node, String(params.storage));
      if (!storage) throw badParameters({ storage: 'No such storage.' });
      return storageStatus(cluster, storage);
    },
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/content',
    isForwarded: true,
    handle: ({ cluster, node, params }) => {
      const storage = findStorage(cluster, node, String(params.storage));
      if (!storage) throw refuse(`storage '${params.storage}' does not exist`);
      return (
        cluster.index
          .volumesOn(node, storage.storage)
          // Other files than images and backups belong to no VM and are listed whatever VM is asked for.
          .filter(
            ({ vmid, content }) =>
              params.vmid === undefined || !['images', 'backup'].includes(content) || vmid === params.vmid,
          )
          .filter(({ content }) => params.content === undefined || content === params.content)
          .map((volume) => printVolume(volume, storage.type))
      );
    },
  },
  {
    method: 'GET',
    path: '/nodes/{node}/network',
    handle: ({ cluster, node, params, caller }) => {
      const { ip: address = '', hasNoUplink } = findNode(cluster, node) ?? {};
      const bridge = {
        iface: 'vmbr0',
        type: 'bridge',
        active: 1,
        autostart: 1,
        priority: 4,
        method: 'static',
        method6: 'manual',
        families: ['inet'],
        address,
        netmask: '24',
        cidr: `${address}/24`,
        bridge_ports: hasNoUplink ? '' : 'eno1',
        bridge_stp: 'off',
        bridge_fd: '0',
        ...(hasNoUplink ? {} : { gateway: '10.20.0.1', bridge_vlan_aware: 1 }),
      };
      const card = {
        iface: 'eno1',
        type: 'eth',
        ...(hasNoUplink ? {} : { active: 1, exists: 1 }),
        priority: 3,
        method: 'manual',
        method6: 'manual',
        families: ['inet'],
      };
      const zone = '/sdn/zones/localnetwork/vmbr0';
      const seesBridge = hasAny(cluster.plain, caller.user, zone, ['SDN.Audit', 'SDN.Use']);
      const kind = params.type === 'any_bridge' ? 'bridge' : params.type;
      return [...(seesBridge ? [bridge] : []), card].filter(
        ({ type }) => kind === undefined || type === kind,
      );
    },
  },
];
