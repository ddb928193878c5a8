import { refuse } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { ClusterState, NodeState, StorageState, Vm, Volume } from './cluster-state.ts';
import { SHARED, volumeKey } from './cluster-state.ts';
import type { Consoles } from './console-workers.ts';
import type { FaultOf } from './fault-rule.ts';
import type { Faults } from './faults.ts';
import type { ClusterIndex } from './cluster-index.ts';
import type { FileLocks } from './locks.ts';
import type { StateStore } from './state-store.ts';
import type { Broadcast } from './status-broadcast.ts';
import type { Tasks } from './tasks.ts';

/** What every part of the simulator works on. */
export interface Cluster {
  /** Whatever is written to it is kept. */
  state: ClusterState;
  /** The same state, much quicker to read, and never to be written. */
  plain: Readonly<ClusterState>;
  index: ClusterIndex;
  clock: Clock;
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

export function findNode(cluster: Cluster, name: string): Readonly<NodeState> | undefined {
  return cluster.plain.nodes.find(({ node }) => node === name);
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

export function findStorage(
  cluster: Cluster,
  node: string,
  name: string,
): Readonly<StorageState> | undefined {
  return cluster.plain.storages.find((s) => s.node === node && s.storage === name);
}

/** Finds the fault that has taken all space of a storage on a node. */
export function fills(node: string, storage: string): (rule: FaultOf<'fillStorage'>) => boolean {
  return (rule) => rule.storage === storage && (rule.node ?? node) === node;
}

export function storageUsed(cluster: Cluster, storage: StorageState): number {
  if (cluster.faults.holds('fillStorage', fills(storage.node, storage.storage))) return storage.total;
  return Math.min(storage.baseUsed + cluster.index.usedOn(storage), storage.total);
}

/** Whether more is written to a storage than it holds, which a copy that is under way may find. */
export function isFull(cluster: Cluster, storage: StorageState): boolean {
  return storage.baseUsed + cluster.index.usedOn(storage) > storage.total;
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
