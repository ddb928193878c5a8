import { createHash } from 'node:crypto';

import { volumeKey, type ClusterState, type VmConfig } from './cluster-state.ts';

/** A VM that a cluster has from the start, made by somebody else. */
export interface SeedVm {
  vmid: number;
  node: string;
  name: string;
  cores: number;
  memoryMib: number;
  diskGib: number;
  mac: string;
  /** With prefix length, as 10.0.0.5/24; what the guest agent reports of its first card. */
  ip?: string;
  ip6?: string;
  isRunning: boolean;
  /** A container: it is listed, takes its id, and nothing can be done with it. */
  isContainer?: true;
}

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Adds a VM on local-lvm, with an agent and a system on its disk. One whose VMID is taken is left as it is. */
export function addSeedVm(state: ClusterState, seed: SeedVm): void {
  const { vmid, node, name } = seed;
  if (state.vms[vmid] || state.containers?.[vmid]) return;
  if (seed.isContainer) {
    const { cores, memoryMib, diskGib, isRunning } = seed;
    state.containers ??= {};
    state.containers[vmid] = {
      vmid,
      node,
      name,
      cores,
      memory: memoryMib * MIB,
      disk: diskGib * GIB,
      isRunning,
    };
    return;
  }
  const ctime = Math.floor(state.bootedAt / 1000) - 86_400;
  const volid = `local-lvm:vm-${vmid}-disk-0`;
  state.volumes[volumeKey(node, volid)] = {
    volid,
    node,
    storage: 'local-lvm',
    vmid,
    size: seed.diskGib * GIB,
    used: GIB,
    format: 'raw',
    content: 'images',
    ctime,
    parent: null,
    system: 'debian-12',
  };
  const addresses = [seed.ip && `ip=${seed.ip}`, seed.ip6 && `ip6=${seed.ip6}`].filter(Boolean).join(',');
  const config: VmConfig = {
    agent: '1',
    boot: 'order=scsi0',
    cores: seed.cores,
    ...(addresses ? { ipconfig0: addresses } : {}),
    memory: String(seed.memoryMib),
    meta: `creation-qemu=10.0.2,ctime=${ctime}`,
    name,
    net0: `virtio=${seed.mac},bridge=vmbr0`,
    ostype: 'l26',
    scsi0: `${volid},discard=on,size=${seed.diskGib}G,ssd=1`,
    scsihw: 'virtio-scsi-single',
    smbios1: `uuid=${uuidOf(seed)}`,
  };
  state.nextPid += 3;
  state.vms[vmid] = {
    vmid,
    node,
    config,
    pending: {},
    pendingDelete: [],
    guest: seed.isRunning
      ? {
          pid: state.nextPid,
          startedAt: state.bootedAt,
          bootedAt: state.bootedAt,
          paused: false,
          hasSystem: true,
          agentNever: false,
          ignoresShutdown: false,
          config: { ...config },
        }
      : null,
    restartAt: null,
    cleanupAt: null,
  };
}

/** The same each time, so that a cluster seeded anew has the same VMs. */
function uuidOf({ mac, vmid }: SeedVm): string {
  const hex = createHash('sha256').update(`${mac} ${vmid}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
