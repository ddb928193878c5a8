import { refuse } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { findStorage, findVolume } from './cluster.ts';
import type { Vm, Volume } from './cluster-state.ts';
import { volumeKey } from './cluster-state.ts';
import { diskKeys, isCdrom, isCloudInitDrive, parseDrive, printDrive, printSize } from './vm-config.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** The first free volume id of a VM on a storage, as `vm-100-disk-0`. */
function freeVolumeId(cluster: Cluster, node: string, storage: string, vmid: number): string {
  for (let n = 0; ; n += 1) {
    const volid = `${storage}:vm-${vmid}-disk-${n}`;
    if (!findVolume(cluster, node, volid)) return volid;
  }
}

/** Makes a volume; `log` gets the line the storage's tools print. */
export function allocateVolume(
  cluster: Cluster,
  vm: { node: string; vmid: number },
  storage: string,
  wanted: { size: number; used?: number; parent?: string; system?: string | null; cloudInit?: true },
  log: (line: string) => void,
): Volume {
  const volid = wanted.cloudInit
    ? `${storage}:vm-${vm.vmid}-cloudinit`
    : freeVolumeId(cluster, vm.node, storage, vm.vmid);
  const volume: Volume = {
    volid,
    node: vm.node,
    storage,
    vmid: vm.vmid,
    size: wanted.size,
    used: wanted.used ?? 0,
    format: 'raw',
    content: 'images',
    ctime: Math.floor(Date.now() / 1000),
    parent: wanted.parent ?? null,
    system: wanted.system ?? null,
  };
  cluster.state.volumes[volumeKey(vm.node, volid)] = volume;
  log(`  Logical volume "${volid.split(':')[1]}" created.`);
  return volume;
}

export function removeVolume(
  cluster: Cluster,
  node: string,
  volid: string,
  log?: (line: string) => void,
): void {
  const key = volumeKey(node, volid);
  if (!cluster.state.volumes[key]) return;
  delete cluster.state.volumes[key];
  log?.(`  Logical volume "${volid.split(':')[1]}" successfully removed.`);
}

/** Refuses storages that are not there or hold no disks. */
export function requireImageStorage(cluster: Cluster, node: string, name: string): void {
  const storage = findStorage(cluster, node, name);
  if (!storage) throw refuse(`storage '${name}' does not exist`);
  if (!storage.content.split(',').includes('images')) {
    throw refuse(`storage '${name}' does not support content-type 'images'`);
  }
}

/** Volumes that are linked clones of one of this VM's disks. */
export function linkedClonesOf(cluster: Cluster, vm: Vm): string | undefined {
  for (const key of diskKeys(vm.config)) {
    const { file } = parseDrive(String(vm.config[key]));
    const used = Object.values(cluster.state.volumes).some(
      (volume) => volume.node === vm.node && volume.parent === file,
    );
    if (used) return file;
  }
  return undefined;
}

/**
 * Turns `STORAGE:SIZE` and `STORAGE:cloudinit` into new volumes and answers the value to store; a
 * volume that exists is kept.
 */
export function createDrive(
  cluster: Cluster,
  vm: Vm,
  key: string,
  value: string,
  log: (line: string) => void,
): string {
  const drive = parseDrive(value);
  if (drive.file === 'none' || drive.file === 'cdrom') return value;
  const [storage = '', name = ''] = drive.file.split(/:(.*)/s);
  if (name === 'cloudinit') {
    const other = diskKeys(vm.config).find(
      (k) => k !== key && isCloudInitDrive(parseDrive(String(vm.config[k]))),
    );
    if (other) throw refuse(`${key} - cloud-init drive is already attached at '${other}'`);
    requireImageStorage(cluster, vm.node, storage);
    const size = 4 * MIB;
    const volume = allocateVolume(cluster, vm, storage, { size, used: size, cloudInit: true }, log);
    const stored = printDrive({ file: volume.volid, options: { media: 'cdrom' } });
    log(`${key}: successfully created disk '${stored}'`);
    return stored;
  }
  if (/^\d+(\.\d+)?$/.test(name)) {
    requireImageStorage(cluster, vm.node, storage);
    const size = Math.max(GIB / 1024, Math.ceil(Number(name) * GIB));
    const volume = allocateVolume(cluster, vm, storage, { size }, log);
    const { format: _format, ...options } = drive.options;
    const stored = printDrive({
      file: volume.volid,
      options: { ...options, size: printSize(size) },
    });
    log(`${key}: successfully created disk '${stored}'`);
    return stored;
  }
  const volume = findVolume(cluster, vm.node, drive.file);
  if (!volume && !isCdrom(drive)) throw refuse(`volume '${drive.file}' does not exist`);
  return printDrive({
    file: drive.file,
    options: volume ? { ...drive.options, size: printSize(volume.size) } : drive.options,
  });
}
