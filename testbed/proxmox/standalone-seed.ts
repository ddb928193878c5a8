import { randomUUID } from 'node:crypto';

import type { ApiToken, ClusterState, VmConfig } from './cluster-state.ts';
import { volumeKey } from './cluster-state.ts';
import type { Release } from './privileges.ts';
import { seedCluster } from './seed.ts';
import { newMacAddress } from './vm-config.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

interface StandaloneSeed {
  /** How many nodes; one by itself is no cluster. */
  nodes?: number;
  token?: ApiToken;
  rootPassword?: string;
  release?: Release;
}

interface Template {
  name: string;
  /** Of its disk, in bytes. */
  size: number;
  used: number;
  system: string | null;
  config: VmConfig;
}

/** Two templates: a small one without an operating system, and one that boots with cloud-init and an agent. */
const TEMPLATES: Template[] = [
  {
    name: 'debian',
    size: 1900 * MIB,
    used: 376 * MIB,
    system: 'debian-13',
    config: {
      agent: 'enabled=1',
      boot: 'order=scsi0',
      ciupgrade: 0,
      cores: 1,
      memory: '768',
      scsihw: 'virtio-scsi-pci',
      serial0: 'socket',
      vga: 'serial0',
    },
  },
  {
    name: 'empty',
    size: GIB,
    used: 331_776,
    system: null,
    config: { boot: 'order=scsi0;ide2;net0', cores: 1, memory: '64' },
  },
];

/** A new cluster for whoever tries a client: small nodes, two directory storages on each, two templates. */
export function seedStandalone({ nodes = 1, ...seed }: StandaloneSeed = {}): ClusterState {
  const state = seedCluster({ ...seed, templates: false });
  state.nodes = Array.from({ length: nodes }, (_, index) => ({
    node: `pve${index + 1}`,
    ip: `10.20.0.${11 + index}`,
    cpus: 2,
    memory: 8 * GIB,
    rootSize: 94 * GIB,
  }));
  state.storages = state.nodes.flatMap(({ node }) => [
    {
      storage: 'local',
      node,
      type: 'dir' as const,
      content: 'images,iso,snippets,rootdir,vztmpl,backup,import',
      total: 94 * GIB,
      baseUsed: 11 * GIB,
    },
    {
      storage: 'dir1',
      node,
      type: 'dir' as const,
      content: 'images,iso,snippets,import,backup',
      total: 500 * GIB,
      baseUsed: GIB,
    },
  ]);
  for (const [index, { node }] of state.nodes.entries()) {
    for (const [offset, template] of TEMPLATES.entries()) {
      addTemplate(state, node, 9000 + 10 * index + offset, template);
    }
  }
  return state;
}

function addTemplate(state: ClusterState, node: string, vmid: number, template: Template): void {
  const { name, size, used, system, config } = template;
  const ctime = Math.floor(Date.now() / 1000) - 30 * 86_400;
  const disk = `dir1:${vmid}/base-${vmid}-disk-0.qcow2`;
  const drive = `dir1:${vmid}/vm-${vmid}-cloudinit.qcow2`;
  const common = { node, storage: 'dir1', vmid, format: 'qcow2', content: 'images', ctime } as const;
  state.volumes[volumeKey(node, disk)] = { ...common, volid: disk, size, used, parent: null, system };
  state.volumes[volumeKey(node, drive)] = {
    ...common,
    volid: drive,
    size: 4 * MIB,
    used: 331_776,
    parent: null,
    system: null,
  };
  state.vms[vmid] = {
    vmid,
    node,
    pending: {},
    pendingDelete: [],
    guest: null,
    restartAt: null,
    cleanupAt: null,
    config: {
      ...config,
      ide2: `${drive},media=cdrom`,
      kvm: 0,
      meta: `creation-qemu=10.0.2,ctime=${ctime}`,
      name,
      net0: `virtio=${newMacAddress()},bridge=vmbr0`,
      ostype: 'l26',
      scsi0: `${disk},size=${size / MIB}M`.replace('size=1024M', 'size=1G'),
      smbios1: `uuid=${randomUUID()}`,
      template: 1,
      vmgenid: randomUUID(),
    },
  };
}
