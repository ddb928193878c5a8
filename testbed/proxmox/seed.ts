import { randomBytes, randomUUID } from 'node:crypto';

import { newAccess } from './access-state.ts';
import type { ApiToken, ClusterState, Vm } from './cluster-state.ts';
import { volumeKey } from './cluster-state.ts';
import type { Release } from './privileges.ts';
import { newMacAddress } from './vm-config.ts';

const GIB = 1024 ** 3;

const SYSTEMS = [
  { name: 'debian-12', offset: 0, used: 1.3 * GIB },
  { name: 'ubuntu-24.04', offset: 1, used: 2.1 * GIB },
];

export interface ClusterSeed {
  token?: ApiToken | undefined;
  rootPassword?: string | undefined;
  release?: Release | undefined;
  /** How many, from 1 to 32: pve1, pve2, … */
  nodes?: number | undefined;
  /** False: nothing on it that Berth could offer to customers. */
  templates?: boolean | undefined;
}

/** A new cluster: on each node two storages and two cloud-init templates. */
export function seedCluster({
  token,
  rootPassword,
  release = '9.2',
  nodes = 3,
  templates = true,
}: ClusterSeed = {}): ClusterState {
  const state: ClusterState = {
    version: 1,
    authKey: randomBytes(32).toString('hex'),
    rootPassword: rootPassword ?? randomBytes(12).toString('base64url'),
    token: token ?? { id: 'berth@pve!berth', secret: randomUUID() },
    release,
    access: newAccess(),
    bootedAt: Date.now() - 40 * 86_400_000,
    nextPid: 21_500,
    nodes: Array.from({ length: nodes }, (_, index) => ({
      node: `pve${index + 1}`,
      ip: `10.20.0.1${index + 1}`,
      cpus: 32,
      memory: 256 * GIB,
      rootSize: 94 * GIB,
    })),
    storages: [],
    vms: {},
    volumes: {},
    tasks: [],
    pools: [],
  };
  for (const [index, { node }] of state.nodes.entries()) {
    const local = {
      storage: 'local',
      node,
      type: 'dir' as const,
      content: 'iso,vztmpl,backup,snippets,import',
      total: 94 * GIB,
      baseUsed: 11 * GIB,
    };
    const thin = {
      storage: 'local-lvm',
      node,
      type: 'lvmthin' as const,
      content: 'images,rootdir',
      total: 3500 * GIB,
      baseUsed: 0,
    };
    state.storages.push(local, thin);
    for (const system of templates ? SYSTEMS : [])
      addTemplate(state, node, 9000 + 10 * index + system.offset, system);
    if (templates) addRescueMedium(state, node);
  }
  return state;
}

/** What servers can be rescued with. */
function addRescueMedium(state: ClusterState, node: string): void {
  const volid = 'local:iso/rescue.iso';
  const size = 650 * 1024 ** 2;
  state.volumes[volumeKey(node, volid)] = {
    volid,
    node,
    storage: 'local',
    vmid: 0,
    size,
    used: size,
    format: 'iso',
    content: 'iso',
    ctime: Math.floor(Date.now() / 1000) - 30 * 86_400,
    parent: null,
    system: 'rescue',
  };
}

function addTemplate(
  state: ClusterState,
  node: string,
  vmid: number,
  system: { name: string; used: number },
): void {
  const created = Math.floor(Date.now() / 1000) - 30 * 86_400;
  const disk = `local-lvm:base-${vmid}-disk-0`;
  const drive = `local-lvm:vm-${vmid}-cloudinit`;
  const common = { node, storage: 'local-lvm', vmid, format: 'raw', content: 'images' } as const;
  state.volumes[volumeKey(node, disk)] = {
    ...common,
    volid: disk,
    size: 4 * GIB,
    used: system.used,
    ctime: created,
    parent: null,
    system: system.name,
  };
  state.volumes[volumeKey(node, drive)] = {
    ...common,
    volid: drive,
    size: 4 * 1024 ** 2,
    used: 4 * 1024 ** 2,
    ctime: created,
    parent: null,
    system: null,
  };
  const vm: Vm = {
    vmid,
    node,
    pending: {},
    pendingDelete: [],
    guest: null,
    restartAt: null,
    cleanupAt: null,
    config: {
      agent: '1',
      boot: 'order=scsi0',
      cores: 1,
      cpu: 'x86-64-v2-AES',
      ide2: `${drive},media=cdrom,size=4M`,
      memory: '1024',
      meta: `creation-qemu=10.0.2,ctime=${created}`,
      name: system.name,
      net0: `virtio=${newMacAddress()},bridge=vmbr0`,
      ostype: 'l26',
      scsi0: `${disk},discard=on,size=4G,ssd=1`,
      scsihw: 'virtio-scsi-single',
      serial0: 'socket',
      smbios1: `uuid=${randomUUID()}`,
      tags: `berth-template;cloud-init;${system.name}`,
      template: 1,
      vga: 'serial0',
      vmgenid: randomUUID(),
    },
  };
  state.vms[vmid] = vm;
}
