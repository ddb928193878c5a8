import { refuse } from './api-error.ts';
import { requireVm } from './cluster.ts';
import type { Snapshot, Vm } from './cluster-state.ts';
import type { Call, Route } from './route.ts';
import { startTask } from './route.ts';
import { configDigest } from './vm-config.ts';

const FOLDER = '/nodes/{node}/qemu/{vmid}/snapshot';

/** The snapshots of a VM, and its present state as the last of them. */
function listSnapshots(vm: Vm): Record<string, unknown>[] {
  const { parent } = vm.config;
  const snapshots = Object.entries(vm.snapshots ?? {}).map(([name, { config }]) => ({
    name,
    snaptime: config.snaptime,
    description: config.description ?? '',
    vmstate: config.vmstate ? 1 : 0,
    ...(config.parent === undefined ? {} : { parent: config.parent }),
    ...(config.snapstate === undefined ? {} : { snapstate: config.snapstate }),
  }));
  const current = {
    name: 'current',
    description: 'You are here!',
    digest: configDigest(vm),
    running: vm.guest ? 1 : 0,
    ...(parent === undefined ? {} : { parent }),
  };
  return [...snapshots, current];
}

export function requireSnapshot(vm: Vm, name: string | number | undefined): Snapshot {
  const snapshot = vm.snapshots?.[String(name)];
  if (!snapshot) throw refuse(`snapshot '${name}' does not exist`);
  return snapshot;
}

function createSnapshot(call: Call): string {
  const { snapname = '', description = null, vmstate } = call.params;
  if (snapname === 'current') throw refuse("unable to use snapshot name 'current' (reserved name)");
  if (snapname === 'pending') throw refuse("unable to use snapshot name 'pending' (reserved name)");
  return startTask(call, 'qmsnapshot', call.vmid, { snapname, description, vmstate: vmstate === 1 });
}

/** /nodes/{node}/qemu/{vmid}/snapshot. Whether a snapshot exists is seen in the task only. */
export const snapshotRoutes: Route[] = [
  {
    method: 'GET',
    path: FOLDER,
    handle: ({ cluster, node, vmid }) => listSnapshots(requireVm(cluster, node, vmid)),
  },
  {
    method: 'POST',
    path: FOLDER,
    isForwarded: true,
    handle: createSnapshot,
  },
  {
    method: 'GET',
    path: `${FOLDER}/{snapname}`,
    handle: () => [{ cmd: 'rollback' }, { cmd: 'config' }],
  },
  {
    method: 'DELETE',
    path: `${FOLDER}/{snapname}`,
    isForwarded: true,
    handle: (call) =>
      startTask(call, 'qmdelsnapshot', call.vmid, {
        snapname: call.params.snapname ?? '',
        force: call.params.force === 1,
      }),
  },
  {
    method: 'GET',
    path: `${FOLDER}/{snapname}/config`,
    // The password is not masked here, unlike in the VM's own config.
    handle: ({ cluster, node, vmid, params }) =>
      requireSnapshot(requireVm(cluster, node, vmid), params.snapname).config,
  },
  {
    method: 'PUT',
    path: `${FOLDER}/{snapname}/config`,
    isForwarded: true,
    handle: ({ cluster, node, vmid, params }) => {
      const snapshot = requireSnapshot(requireVm(cluster, node, vmid), params.snapname);
      if (params.description !== undefined) snapshot.config.description = String(params.description);
      return null;
    },
  },
  {
    method: 'POST',
    path: `${FOLDER}/{snapname}/rollback`,
    isForwarded: true,
    handle: (call) =>
      startTask(call, 'qmrollback', call.vmid, {
        snapname: call.params.snapname ?? '',
        start: call.params.start === 1,
      }),
  },
];
