import type { StorageState, TaskRecord, Vm, Volume } from './cluster-state.ts';
import { SHARED } from './cluster-state.ts';
import { hasAny } from './permissions.ts';
import type { TrackedState } from './tracked-state.ts';

/** Answers at once what would otherwise be looked for in all VMs, volumes or tasks. What comes out is for reading only. */
export interface ClusterIndex {
  /** By VMID, ascending. */
  vmsOn(node: string): readonly Readonly<Vm>[];
  volumesOn(node: string, storage: string): Readonly<Volume>[];
  /** Its images, with those that no config names. */
  volumesOf(node: string, vmid: number): Readonly<Volume>[];
  linkedClonesOf(node: string, volid: string): Readonly<Volume>[];
  /** Bytes that volumes take. */
  usedOn(storage: StorageState): number;
  poolOf(vmid: number): string | undefined;
  /** Oldest first. */
  tasksOn(node: string): Readonly<TaskRecord>[];
  /** Whether a caller has VM.Audit for a VM. */
  seesVm(caller: string, vmid: number): boolean;
}

/** Things by the places they are at, brought up to date from what changed since it was last asked. */
function createPlaces<T>(
  tracked: TrackedState,
  property: string,
  present: Iterable<string>,
  placesOf: (value: T) => string[],
) {
  const changed = new Set(present);
  const places = new Map<string, Map<string, T>>();
  const seenAt = new Map<string, string[]>();
  tracked.onChange((name, key) => {
    if (name === property && key !== null) changed.add(key);
  });

  function settle(key: string): void {
    const value = tracked.partOf(property, key) as T | undefined;
    const before = seenAt.get(key) ?? [];
    const now = value === undefined ? [] : placesOf(value);
    for (const place of before) if (!now.includes(place)) places.get(place)?.delete(key);
    for (const place of now) {
      const things = places.get(place) ?? new Map<string, T>();
      // `value` may be another object than before.
      places.set(place, things.set(key, value as T));
    }
    if (value === undefined) seenAt.delete(key);
    else seenAt.set(key, now);
  }

  return (place: string): Iterable<T> => {
    for (const key of changed) settle(key);
    changed.clear();
    return places.get(place)?.values() ?? [];
  };
}

/** Names a place: a storage, a VM or a base. */
const at = (...names: (string | number)[]): string => names.join(' ');

export function createClusterIndex(tracked: TrackedState): ClusterIndex {
  const { plain } = tracked;
  const vms = createPlaces<Vm>(tracked, 'vms', Object.keys(plain.vms), ({ node }) => [node]);
  const volumes = createPlaces<Volume>(
    tracked,
    'volumes',
    Object.keys(plain.volumes),
    ({ node, storage, vmid, parent, content }) => [
      at('storage', node, storage),
      ...(content === 'images' ? [at('vm', node, vmid)] : []),
      ...(parent === null ? [] : [at('base', node, parent)]),
    ],
  );
  /** A node's own, and those on shared storages. */
  const volumesAt = (kind: string, node: string, name: string | number): Volume[] => [
    ...volumes(at(kind, node, name)),
    ...volumes(at(kind, SHARED, name)),
  ];
  const tasks = createPlaces<TaskRecord>(
    tracked,
    'tasks',
    plain.tasks.map(({ upid }) => upid),
    ({ node }) => [node],
  );
  let pools: Map<number, string> | undefined;
  let audits: { own: Set<string>; known: Map<string, boolean> } | undefined;
  const used = new Map<string, number>();
  tracked.onChange((property) => {
    if (property === 'pools') pools = undefined;
    if (property === 'access') audits = undefined;
    if (property === 'volumes') used.clear();
  });

  function poolOf(vmid: number): string | undefined {
    pools ??= new Map(
      plain.pools.flatMap(({ poolid, members }) => members.map((member) => [member, poolid] as const)),
    );
    return pools.get(vmid);
  }

  return {
    vmsOn: (node) => [...vms(node)].toSorted((a, b) => a.vmid - b.vmid),
    volumesOn: (node, storage) => volumesAt('storage', node, storage),
    volumesOf: (node, vmid) => volumesAt('vm', node, vmid),
    linkedClonesOf: (node, volid) => volumesAt('base', node, volid),
    tasksOn: (node) => [...tasks(node)],
    poolOf,
    usedOn({ node, storage }) {
      const place = at('storage', node, storage);
      let bytes = used.get(place);
      if (bytes === undefined) {
        bytes = 0;
        for (const volume of volumesAt('storage', node, storage)) bytes += volume.used;
        used.set(place, bytes);
      }
      return bytes;
    },
    seesVm(caller, vmid) {
      audits ??= { own: new Set(plain.access.acl.map(({ path }) => path)), known: new Map() };
      // VMs without an entry of their own differ by their pool alone.
      const own = audits.own.has(`/vms/${vmid}`) ? vmid : '';
      const name = `${caller} ${poolOf(vmid) ?? ''} ${own}`;
      let sees = audits.known.get(name);
      if (sees === undefined) {
        sees = hasAny(plain, caller, `/vms/${vmid}`, ['VM.Audit']);
        audits.known.set(name, sees);
      }
      return sees;
    },
  };
}
