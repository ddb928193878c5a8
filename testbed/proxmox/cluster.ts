import { refuse } from './api-error.ts';
import type { ClusterState, NodeState, StorageState, Vm, Volume } from './cluster-state.ts';
import { SHARED, volumeKey } from './cluster-state.ts';
import type { Consoles } from './console-workers.ts';
import type { Faults } from './faults.ts';
import type { FileLocks } from './locks.ts';
import type { StateStore } from './state-store.ts';
import type { Broadcast } from './status-broadcast.ts';
import type { Tasks } from './tasks.ts';

/** What every part of the simulator works on. */
export interface Cluster {
  state: ClusterState;
  store: StateStore;
  locks: FileLocks;
  faults: Faults;
  tasks: Tasks;
  broadcast: Broadcast;
  consoles: Consoles;
  fingerprint: string;
  /** In PEM. */
  certificate: string;
  /** Turns a real duration into a simulated one; at speed 0 only the least is left. */
  scaled(ms: number, leastMs?: number): number;
}

export function findNode(cluster: Cluster, name: string): NodeState | undefined {
  return cluster.state.nodes.find(({ node }) => node === name);
}

/** The VM with this id on this node; one on another node looks missing, as on the real thing. */
export function findVm(cluster: Cluster, node: string, vmid: number): Vm | undefined {
  const vm = cluster.state.vms[vmid];
  return vm?.node === node ? vm : undefined;
}

export function missingConfig(node: string, vmid: number): string {
  return `Configuration file 'nodes/${node}/qemu-server/${vmid}.conf' does not exist`;
}

export function requireVm(cluster: Cluster, node: string, vmid: number): Vm {
  const vm = findVm(cluster, node, vmid);
  if (!vm) throw refuse(missingConfig(node, vmid));
  return vm;
}

export function lockKey(node: string, vmid: number): string {
  return `${node}/${vmid}`;
}

export function vmsOn(cluster: Cluster, node: string): Vm[] {
  return Object.values(cluster.state.vms).filter((vm) => vm.node === node);
}

export function findStorage(cluster: Cluster, node: string, name: string): StorageState | undefined {
  return cluster.state.storages.find((s) => s.node === node && s.storage === name);
}

export function storageUsed(cluster: Cluster, storage: StorageState): number {
  let used = storage.baseUsed;
  for (const volume of Object.values(cluster.state.volumes)) {
    if (isOn(volume, storage.node) && volume.storage === storage.storage) used += volume.used;
  }
  return Math.min(used, storage.total);
}

/** What can still be written to a storage, in bytes. */
export function storageFree(cluster: Cluster, storage: StorageState): number {
  return storage.total - storageUsed(cluster, storage);
}

export function isShared({ type }: Pick<StorageState, 'type'>): boolean {
  return type === 'nfs' || type === 'rbd';
}

/** Whether a node has a volume: one of its own or one that all have. */
export function isOn(volume: Volume, node: string): boolean {
  return volume.node === node || volume.node === SHARED;
}

export function findVolume(cluster: Cluster, node: string, volid: string): Volume | undefined {
  const { volumes } = cluster.state;
  return volumes[volumeKey(node, volid)] ?? volumes[volumeKey(SHARED, volid)];
}
