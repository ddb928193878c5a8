import { badParameters, refuse } from './api-error.ts';
import { findStorage, findVm, findVolume, missingConfig, requireVm } from './cluster.ts';
import type { Call, Route } from './route.ts';
import { checkSkipLock, startTask } from './route.ts';
import { requireSpaceToWrite } from './storage-space.ts';
import { devicePath } from './storage-paths.ts';
import type { TaskWorker } from './tasks.ts';
import { InjectedFailure, isGone } from './tasks.ts';
import { keepAsUnused } from './update-config.ts';
import { checkDigest, checkNotLocked, isCdrom, parseDrive, printDrive } from './vm-config.ts';
import { allocateVolume, copyProgress, removeVolume, requireImageStorage } from './volumes.ts';
import type { VolumeFormat } from './volumes.ts';

const COPY_MS_PER_GIB = 1500;

function moveDisk(call: Call): string {
  const { cluster, node, vmid, params } = call;
  checkSkipLock(call);
  const vm = requireVm(cluster, node, vmid);
  checkNotLocked(vm);
  checkDigest(vm, params.digest);
  if (params.storage === undefined) throw refuse("option 'storage' is required for moving a disk");
  const [disk, storage] = [String(params.disk), String(params.storage)];
  if (vm.config[disk] === undefined) throw refuse(`disk '${disk}' does not exist`);
  const drive = parseDrive(String(vm.config[disk]));
  if (isCdrom(drive)) throw refuse("you can't move a cdrom");
  const [from = ''] = drive.file.split(':');
  const format = findVolume(cluster, node, drive.file)?.format;
  if (from === storage && (params.format === undefined || params.format === format)) {
    throw refuse("you can't move to the same storage with same format");
  }
  requireImageStorage(cluster, node, storage);
  return startTask(call, 'qmmove', vmid, {
    disk,
    storage,
    format: params.format ?? null,
    delete: params.delete === 1,
  });
}

/** Copies a disk to another storage, also under a running VM. */
const moveWorker: TaskWorker = async (cluster, work) => {
  const { node, id, args } = work.record;
  await work.lock(node, Number(id));
  const vm = findVm(cluster, node, Number(id));
  if (!vm) throw new Error(missingConfig(node, Number(id)));
  const [disk, storage] = [String(args.disk), String(args.storage)];
  const drive = parseDrive(String(vm.config[disk]));
  const origin = findVolume(cluster, node, String(args.source ?? drive.file));
  if (!origin) throw new Error(`volume '${drive.file}' does not exist`);
  await work.onStorage(node, storage, 'begin', () => {
    checkNotLocked(vm);
    args.source = origin.volid;
    work.log(
      `copying volume '${origin.volid}' from current storage '${origin.storage}' to target storage '${storage}'`,
    );
    work.log(`create full clone of drive ${disk} (${origin.volid})`);
    const { size, system, format } = origin;
    const wanted = { size, system, format: (args.format as VolumeFormat | null) ?? format };
    args.volume = allocateVolume(cluster, vm, storage, wanted, work.log).volid;
    if (vm.guest) work.log(`drive mirror is starting for drive-${disk}`);
    else work.log(`allocated target volume '${String(args.volume)}'`);
  });
  const volid = String(args.volume);
  try {
    const target = findVolume(cluster, node, volid);
    const command = `/usr/bin/qemu-img convert -p -n -f ${origin.format} -O ${target?.format ?? 'raw'} ${devicePath(cluster, node, origin.volid)} zeroinit:${devicePath(cluster, node, volid)}`;
    const ms = cluster.scaled((origin.size / 1024 ** 3) * COPY_MS_PER_GIB, 5);
    await copyProgress(work, 'copy', origin, ms, (share) => {
      const bytes = Math.floor(origin.used * share);
      if (!target) return;
      target.used = bytes;
      requireSpaceToWrite(cluster, { node, storage }, { bytes, command, log: work.log });
    });
  } catch (err) {
    if (!isGone(err)) removeVolume(cluster, node, volid);
    if (isGone(err) || err instanceof InjectedFailure) throw err;
    const cause = err instanceof Error ? err.message : String(err);
    throw new Error(`storage migration failed: ${cause}`, { cause: err });
  }
  work.once('switch', () => {
    const target = findVolume(cluster, node, volid);
    if (target) target.used = origin.used;
    vm.config[disk] = printDrive({ file: volid, options: drive.options });
    if (vm.guest) {
      vm.guest.config[disk] = vm.config[disk];
      work.log(`drive-${disk}: Completing block job...`);
      work.log(`drive-${disk}: Completed successfully.`);
    }
    if (!args.delete) keepAsUnused(vm, origin.volid);
    else {
      work.log(`removing source volume '${origin.volid}' after successful copy`);
      removeVolume(cluster, node, origin.volid, work.log);
    }
  });
};

/** The task of moving a disk. */
export const moveWorkers: Record<string, TaskWorker> = { qmmove: moveWorker };

/** POST move_disk. */
export const moveRoutes: Route[] = [
  {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/move_disk',
    isForwarded: true,
    handle: (call) => {
      const { cluster, node, params } = call;
      if (params.storage !== undefined && !findStorage(cluster, node, String(params.storage))) {
        throw badParameters({ storage: `storage '${params.storage}' does not exist` });
      }
      return moveDisk(call);
    },
  },
];
