import { randomUUID } from 'node:crypto';

import type { Cluster } from './cluster.ts';
import { findVm, findVolume, missingConfig } from './cluster.ts';
import type { Snapshot, Vm, VmConfig, Volume } from './cluster-state.ts';
import { agentAnswers, isAgentEnabled } from './guests.ts';
import { makeState, saveRam, stateStorage, wakeGuest } from './ram-state.ts';
import { isDirectory } from './storage-paths.ts';
import { requireSpaceForSnapshot } from './storage-space.ts';
import type { TaskWork, TaskWorker } from './tasks.ts';
import { diskKeys, isCdrom, parseDrive, parseSize, volumeName } from './vm-config.ts';
import { removeVolume } from './volumes.ts';

const SNAPSHOT_MS = 600;
const ROLLBACK_MS = 800;
const REMOVE_MS = 500;

function vmOf(cluster: Cluster, work: TaskWork): Vm {
  const { node, id } = work.record;
  const vm = findVm(cluster, node, Number(id));
  if (!vm) throw new Error(missingConfig(node, Number(id)));
  return vm;
}

function snapshotOf(vm: Vm, work: TaskWork): Snapshot {
  const name = String(work.record.args.snapname);
  const snapshot = vm.snapshots?.[name];
  if (!snapshot) throw new Error(`snapshot '${name}' does not exist`);
  return snapshot;
}

function checkUnlocked(vm: Vm): void {
  if (vm.config.lock !== undefined) throw new Error(`VM is locked (${vm.config.lock})`);
}

/** The disks a snapshot holds: no CD-ROMs, and so no cloud-init drive. */
function disksOf(cluster: Cluster, vm: Vm, config: VmConfig): { key: string; volume: Volume }[] {
  return diskKeys(config).flatMap((key) => {
    const drive = parseDrive(String(config[key]));
    const volume = isCdrom(drive) ? undefined : findVolume(cluster, vm.node, drive.file);
    return volume ? [{ key, volume }] : [];
  });
}

/** Notes the snapshot as begun: from here on a failure leaves it, and the lock, behind. */
function prepare(cluster: Cluster, vm: Vm, { snapname, description }: TaskWork['record']['args']): void {
  const name = String(snapname);
  if (vm.config.template) throw new Error("you can't take a snapshot if it's a template");
  checkUnlocked(vm);
  if (vm.snapshots?.[name]) throw new Error(`snapshot name '${name}' already used`);
  const cannot = disksOf(cluster, vm, vm.config).some(
    ({ volume }) => volume.format === 'raw' && isDirectory(cluster, vm.node, volume.storage),
  );
  if (cannot) throw new Error('snapshot feature is not available');
  const { description: _own, ...config } = vm.config;
  vm.snapshots ??= {};
  vm.snapshots[name] = {
    config: {
      ...config,
      snaptime: Math.floor(cluster.clock.now() / 1000),
      snapstate: 'prepare',
      ...(typeof description === 'string' ? { description } : {}),
    },
  };
  vm.config.lock = 'snapshot';
}

function removeState(cluster: Cluster, vm: Vm, snapname: string, log: (line: string) => void): void {
  const vmstate = vm.snapshots?.[snapname]?.config.vmstate;
  if (vmstate !== undefined) removeVolume(cluster, vm.node, String(vmstate), log);
}

/** Takes everything back when there is no space for a disk's snapshot. */
function requireSpace(cluster: Cluster, vm: Vm, work: TaskWork): void {
  const snapname = String(work.record.args.snapname);
  try {
    for (const { volume } of disksOf(cluster, vm, vm.config)) {
      requireSpaceForSnapshot(cluster, volume, `snap_${volumeName(volume.volid)}_${snapname}`);
    }
  } catch (err) {
    work.log('snapshot create failed: starting cleanup');
    removeState(cluster, vm, snapname, work.log);
    delete vm.snapshots?.[snapname];
    delete vm.config.lock;
    throw err;
  }
}

const takeSnapshot: TaskWorker = async (cluster, work) => {
  vmOf(cluster, work);
  await work.lock(work.record.node, Number(work.record.id));
  const vm = vmOf(cluster, work);
  const { args } = work.record;
  work.once('prepare', () => prepare(cluster, vm, args));
  const { guest } = vm;
  if (args.vmstate && guest) {
    const storage = stateStorage(cluster, vm);
    await work.onStorage(vm.node, storage, 'state', () => {
      const name = String(args.snapname);
      Object.assign(snapshotOf(vm, work).config, makeState(cluster, vm, name, storage, work.log));
      work.log(`saving VM state and RAM using storage '${storage}'`);
    });
    await saveRam(cluster, work, vm, String(snapshotOf(vm, work).config.vmstate));
    snapshotOf(vm, work).saved = { guest: { ...guest }, at: cluster.clock.now() };
  }
  work.once('freeze', () => {
    if (guest && isAgentEnabled(guest.config.agent) && !agentAnswers(guest, cluster.clock.now())) {
      work.log('skipping guest filesystem freeze - agent configured but not running?');
    }
  });
  await work.wait('snapshot', cluster.scaled(SNAPSHOT_MS, 2));
  work.once('space', () => requireSpace(cluster, vm, work));
  work.once('commit', () => {
    for (const { key, volume } of disksOf(cluster, vm, vm.config)) {
      work.log(`snapshotting 'drive-${key}' (${volume.volid})`);
      if (!isDirectory(cluster, vm.node, volume.storage)) {
        const name = `snap_${volumeName(volume.volid)}_${args.snapname}`;
        work.log(`  Logical volume "${name}" created.`);
      } else if (guest) work.log('internal qemu snapshot');
    }
    delete snapshotOf(vm, work).config.snapstate;
    vm.config.parent = String(args.snapname);
    delete vm.config.lock;
  });
};

/** Puts a VM's config back; its description and its snapshots stay, and it counts as a new generation. */
function restore(cluster: Cluster, vm: Vm, work: TaskWork): void {
  const { config: taken, saved } = snapshotOf(vm, work);
  const {
    snaptime: _time,
    vmstate: _state,
    runningmachine: _machine,
    runningcpu: _cpu,
    description: _text,
    ...config
  } = taken;
  const { description } = vm.config;
  vm.config = {
    ...config,
    ...(description === undefined ? {} : { description }),
    parent: String(work.record.args.snapname),
  };
  if (vm.config.vmgenid !== undefined) vm.config.vmgenid = randomUUID();
  vm.pending = {};
  vm.pendingDelete = [];
  for (const { key, volume } of disksOf(cluster, vm, vm.config)) {
    const { size } = parseDrive(String(vm.config[key])).options;
    if (size !== undefined) volume.size = parseSize(size);
  }
  if (saved) vm.guest = wakeGuest(cluster, saved);
}

const rollBack: TaskWorker = async (cluster, work) => {
  const { node, id, user, args } = work.record;
  vmOf(cluster, work);
  await work.lock(node, Number(id));
  const vm = vmOf(cluster, work);
  work.once('begin', () => {
    const { snapstate } = snapshotOf(vm, work).config;
    if (snapstate !== undefined) {
      throw new Error(`unable to rollback to incomplete snapshot (snapstate = ${snapstate})`);
    }
    checkUnlocked(vm);
    vm.config.lock = 'rollback';
    vm.guest = null;
  });
  await work.wait('rollback', cluster.scaled(ROLLBACK_MS, 2));
  work.once('restore', () => restore(cluster, vm, work));
  if (!args.start || vm.guest) return;
  work.unlock(node, Number(id));
  await cluster.tasks.ended(cluster.tasks.start('qmstart', { node, id, user }).upid);
};

const removeSnapshot: TaskWorker = async (cluster, work) => {
  vmOf(cluster, work);
  await work.lock(work.record.node, Number(work.record.id));
  const vm = vmOf(cluster, work);
  if (work.record.done.includes('removed')) return;
  work.once('begin', () => {
    snapshotOf(vm, work);
    checkUnlocked(vm);
    vm.config.lock = 'snapshot-delete';
  });
  await work.wait('remove', cluster.scaled(REMOVE_MS, 2));
  work.once('removed', () => {
    const name = String(work.record.args.snapname);
    const { parent } = snapshotOf(vm, work).config;
    removeState(cluster, vm, name, work.log);
    delete vm.config.lock;
    delete vm.snapshots?.[name];
    for (const config of [vm.config, ...Object.values(vm.snapshots ?? {}).map((other) => other.config)]) {
      if (config.parent !== name) continue;
      if (parent === undefined) delete config.parent;
      else config.parent = parent;
    }
  });
};

/** Workers of the tasks about snapshots, by task type. */
export const snapshotWorkers: Record<string, TaskWorker> = {
  qmsnapshot: takeSnapshot,
  qmrollback: rollBack,
  qmdelsnapshot: removeSnapshot,
};
