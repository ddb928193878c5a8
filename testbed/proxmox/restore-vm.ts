import { randomUUID } from 'node:crypto';

import { refuse } from './api-error.ts';
import { checkBackupAccess, requireBackup } from './backup-routes.ts';
import { findStorage, findVm, findVolume, lockKey, missingConfig } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import type { Backup, Vm, VmConfig, Volume } from './cluster-state.ts';
import { lockTimeout } from './locks.ts';
import { hasAny } from './permissions.ts';
import type { Call } from './route.ts';
import { startTask } from './route.ts';
import { devicePath } from './storage-paths.ts';
import { hasRoom } from './storage-space.ts';
import type { TaskWork, TaskWorker } from './tasks.ts';
import { isGone } from './tasks.ts';
import {
  diskKeys,
  isCloudInitDrive,
  normalizeNet,
  normalizeValue,
  parseDrive,
  printDrive,
  printSize,
} from './vm-config.ts';
import { allocateVolume, makeBase, removeVolume } from './volumes.ts';

const GIB = 1024 ** 3;
const RESTORE_MS_PER_GIB = 800;
const MIB = 1024 ** 2;

/** POST qemu with `archive`: reserves the id and leaves the rest to the task. */
export async function restoreVm(call: Call, settings: VmConfig): Promise<string> {
  const { cluster, node, vmid, params } = call;
  const archive = String(params.archive);
  const { vmid: owner } = requireBackup(cluster, node, archive);
  checkBackupAccess(call, archive.split(':')[0] ?? '', owner);
  const failed = `unable to restore VM ${vmid} -`;
  const key = lockKey(node, vmid);
  const holder = randomUUID();
  if (!(await cluster.locks.acquire(key, holder, true, cluster.scaled(5000, 100)))) {
    throw refuse(`${failed} ${lockTimeout(vmid)}`);
  }
  try {
    const present = cluster.state.vms[vmid];
    if (present && (!params.force || present.node !== node)) {
      throw refuse(`${failed} VM ${vmid} already exists on node '${present.node}'`);
    }
    if (present?.config.lock !== undefined) throw refuse(`${failed} VM is locked (${present.config.lock})`);
    if (present) present.config.lock = 'create';
    else cluster.state.vms[vmid] = emptyVm(node, vmid);
  } finally {
    cluster.locks.release(key, holder);
  }
  return startTask(call, 'qmrestore', vmid, {
    archive,
    storage: params.storage ?? null,
    unique: params.unique === 1,
    live: params['live-restore'] === 1,
    start: params.start === 1,
    pool: params.pool ?? null,
    settings: JSON.stringify(settings),
  });
}

function emptyVm(node: string, vmid: number): Vm {
  return {
    vmid,
    node,
    config: { lock: 'create' },
    pending: {},
    pendingDelete: [],
    guest: null,
    restartAt: null,
    cleanupAt: null,
  };
}

/** Task qmrestore. What was there before is replaced; when it fails half-way it is gone all the same. */
const restoreWorker: TaskWorker = async (cluster, work) => {
  const { node, id, args, user } = work.record;
  const vmid = Number(id);
  await work.lock(node, vmid);
  const vm = findVm(cluster, node, vmid);
  if (!vm) throw new Error(missingConfig(node, vmid));
  try {
    if (!work.record.done.includes('restored')) {
      const failed = `unable to restore VM ${vmid} -`;
      if (vm.config.protection) throw new Error(`${failed} - protection mode enabled`);
      if (vm.guest) throw new Error(`${failed} vm is running`);
      if (args.live) {
        throw new Error('live-restore is only compatible with backup images from a Proxmox Backup Server');
      }
      const archive = requireBackup(cluster, node, String(args.archive));
      await restoreArchive(cluster, work, vm, archive);
    }
  } catch (err) {
    if (!isGone(err) && vm.config.lock === 'create') delete vm.config.lock;
    throw err;
  }
  if (!args.start) return;
  work.once('start', () => {
    work.log('Execute autostart');
    cluster.tasks.start('qmstart', { node, id: vmid, user });
  });
};

async function restoreArchive(cluster: Cluster, work: TaskWork, vm: Vm, archive: Volume): Promise<void> {
  const { node, pid, args } = work.record;
  const { backup } = archive;
  if (!backup) return;
  const file = devicePath(cluster, node, archive.volid);
  const unpack = { '.zst': 'zstd -q -d -c', '.gz': 'zcat', '.lzo': 'lzop -d -c' }[archive.format.slice(3)];
  const extract = `vma extract -v -r /var/tmp/vzdumptmp${pid}.fifo`;
  const target = `/var/tmp/vzdumptmp${pid}`;
  const command = unpack ? `${unpack} ${file} | ${extract} - ${target}` : `${extract} ${file} ${target}`;
  const size = Object.values(backup.disks).reduce((sum, disk) => sum + disk.size, 0);
  work.once('header', () => {
    work.log(`restore vma archive: ${command}`);
    work.log(`CFG: size: ${JSON.stringify(backup.config).length} name: qemu-server.conf`);
    for (const [index, [key, disk]] of Object.entries(backup.disks).entries()) {
      work.log(`DEV: dev_id=${index + 1} size: ${disk.size} devname: drive-${key}`);
    }
    work.log(`CTIME: ${new Date(archive.ctime * 1000).toUTCString()}`);
  });
  try {
    const [first = ''] = Object.keys(backup.disks);
    const storage = storageFor(cluster, work, parseDrive(String(backup.config[first] ?? 'local:')).file);
    await work.onStorage(node, storage, 'disks', () => makeDisks(cluster, work, vm, backup));
    await work.wait('restore', cluster.scaled((size / GIB) * RESTORE_MS_PER_GIB, 2));
    checkRoom(cluster, work, backup, command);
  } catch (err) {
    if (!isGone(err)) removeMade(cluster, work);
    throw err;
  }
  work.once('restored', () => {
    const used = Object.values(backup.disks).reduce((sum, disk) => sum + disk.used, 0);
    if (size > 0) {
      work.log(`progress 100% (read ${size} bytes, duration 0 sec)`);
      const zeros = size - used;
      work.log(`total bytes read ${size}, sparse bytes ${zeros} (${((100 * zeros) / size).toPrecision(3)}%)`);
      work.log('space reduction due to 4K zero blocks 0%');
    }
    work.log('rescan volumes...');
    replaceConfig(cluster, work, vm, backup);
    if (typeof args.pool === 'string') {
      const pool = cluster.state.pools.find(({ poolid }) => poolid === args.pool);
      if (!pool?.members.includes(vm.vmid)) pool?.members.push(vm.vmid);
    }
  });
}

function storageFor(cluster: Cluster, work: TaskWork, volid: string): string {
  const { node, args } = work.record;
  const [own = ''] = volid.split(':');
  const name = String(args.storage ?? (findStorage(cluster, node, own) ? own : 'local'));
  const storage = findStorage(cluster, node, name);
  if (!storage) throw new Error(`storage '${name}' does not exist`);
  if (!storage.content.split(',').includes('images')) {
    throw new Error(`Content type 'images' is not available on storage '${name}'`);
  }
  if (!hasAny(cluster.state, work.record.user, `/storage/${name}`, ['Datastore.AllocateSpace'])) {
    throw new Error(`Permission check failed (/storage/${name}, Datastore.AllocateSpace)`);
  }
  return name;
}

function drivesOf({ config, disks }: Backup): string[] {
  return diskKeys(config).filter(
    (key) => disks[key] !== undefined || isCloudInitDrive(parseDrive(String(config[key]))),
  );
}

/** A new volume for each disk of the archive and for the cloud-init drive, which is not in it. */
function makeDisks(cluster: Cluster, work: TaskWork, vm: Vm, backup: Backup): void {
  const { node, args } = work.record;
  for (const key of drivesOf(backup)) {
    const { file } = parseDrive(String(backup.config[key]));
    const disk = backup.disks[key];
    const storage = storageFor(cluster, work, file);
    const wanted = disk
      ? { size: disk.size, format: disk.format, system: disk.system }
      : ({ size: 4 * MIB, used: 4 * MIB, cloudInit: true } as const);
    // The old cloud-init drive has the name that the new one gets.
    if (!disk) removeVolume(cluster, node, String(vm.config[key] ?? '').split(',')[0] ?? '');
    const { volid } = allocateVolume(cluster, vm, storage, wanted, work.log);
    args[`made-${key}`] = volid;
    work.log(`new volume ID is '${volid}'`);
  }
  for (const key of Object.keys(backup.disks)) {
    const path = devicePath(cluster, node, String(args[`made-${key}`]));
    work.log(`map 'drive-${key}' to '${path}' (write zeros = 0)`);
  }
}

function checkRoom(cluster: Cluster, work: TaskWork, { disks }: Backup, command: string): void {
  const { node, args } = work.record;
  for (const [key, { used }] of Object.entries(disks)) {
    const volume = findVolume(cluster, node, String(args[`made-${key}`]));
    if (!volume) continue;
    if (!hasRoom(cluster, node, volume.storage, used - volume.used)) {
      work.log(`vma: restore failed - vma blk_flush drive-${key} failed`);
      throw new Error(`command 'set -o pipefail && ${command}' failed: exit code 1`);
    }
    volume.used = used;
  }
}

function madeVolumes({ record }: TaskWork): string[] {
  return Object.entries(record.args)
    .filter(([name, value]) => name.startsWith('made-') && typeof value === 'string')
    .map(([, value]) => String(value));
}

function removeMade(cluster: Cluster, work: TaskWork): void {
  for (const volid of madeVolumes(work)) {
    removeVolume(cluster, work.record.node, volid);
    work.log(`temporary volume '${volid}' sucessfuly removed`);
  }
}

/** The archive's config with the new volumes in it; old disks it has no place for become unused ones. */
function replaceConfig(cluster: Cluster, work: TaskWork, vm: Vm, backup: Backup): void {
  const { node, args } = work.record;
  const config = restoredConfig(backup, args);
  const old = new Map(diskKeys(vm.config).map((key) => [key, parseDrive(String(vm.config[key])).file]));
  let unused = 0;
  for (const [key, file] of old) {
    const volume = findVolume(cluster, node, file);
    if (!volume || volume.vmid !== vm.vmid || madeVolumes(work).includes(file)) continue;
    if (config[key] !== undefined) removeVolume(cluster, node, file, work.log);
    else {
      work.log(`VM ${vm.vmid} add unreferenced volume '${file}' as 'unused${unused}' to config`);
      config[`unused${unused}`] = file;
      unused += 1;
    }
  }
  vm.config = config;
  vm.pending = {};
  vm.pendingDelete = [];
  delete vm.snapshots;
  if (!config.template) return;
  work.log('Convert to template.');
  for (const key of Object.keys(backup.disks)) {
    const drive = parseDrive(String(config[key]));
    const volume = findVolume(cluster, node, drive.file);
    if (volume) config[key] = printDrive({ ...drive, file: makeBase(cluster, node, volume, work.log) });
  }
}

function restoredConfig(backup: Backup, args: TaskWork['record']['args']): VmConfig {
  const config: VmConfig = {};
  for (const [key, value] of Object.entries(backup.config)) {
    if (/^unused\d+$/.test(key)) continue;
    config[key] = args.unique && /^net\d+$/.test(key) ? normalizeNet(String(value), true) : value;
  }
  for (const key of drivesOf(backup)) {
    const { options } = parseDrive(String(config[key]));
    const size = backup.disks[key]?.size;
    config[key] = printDrive({
      file: String(args[`made-${key}`]),
      options: { ...options, ...(size === undefined ? {} : { size: printSize(size) }) },
    });
  }
  // A restored VM counts as a new generation; with `unique` it is another VM.
  if (config.vmgenid !== undefined) config.vmgenid = randomUUID();
  if (args.unique)
    config.smbios1 = String(config.smbios1 ?? '').replace(/uuid=[^,]*/, `uuid=${randomUUID()}`);
  const settings = JSON.parse(String(args.settings)) as VmConfig;
  for (const [key, value] of Object.entries(settings)) config[key] = normalizeValue(key, value);
  return config;
}

/** The task of restoring a VM from a backup. */
export const restoreWorkers: Record<string, TaskWorker> = { qmrestore: restoreWorker };
