import { refuse } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { findStorage, findVolume, isOn, isShared } from './cluster.ts';
import type { StorageState, Vm, Volume } from './cluster-state.ts';
import { SHARED, volumeKey } from './cluster-state.ts';
import { hasFiles, isDirectory, volumePath } from './storage-paths.ts';
import { requireSpaceForImage } from './storage-space.ts';
import type { TaskWork } from './tasks.ts';
import {
  diskKeys,
  isCloudInitDrive,
  parseDrive,
  parseSize,
  printDrive,
  printSize,
  volumeName,
} from './vm-config.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** What ext4 takes of one raw file. */
const LARGEST_RAW_FILE = 16 * 1024 * GIB;

export type VolumeFormat = Volume['format'];

interface WantedVolume {
  /** Of its kind the first that is free, if it is not said. */
  name?: string;
  size: number;
  used?: number;
  /** The base volume that a linked clone stands on. */
  parent?: string;
  system?: string | null;
  cloudInit?: true;
  /** Only directories have a choice. */
  format?: VolumeFormat | undefined;
}

type NewVolume = Pick<Volume, 'volid' | 'size' | 'format' | 'content'> & Partial<Volume>;

/** Puts a volume on a storage as a node sees it. */
export function storeVolume(cluster: Cluster, node: string, storage: string, volume: NewVolume): Volume {
  const state = findStorage(cluster, node, storage);
  const stored: Volume = {
    storage,
    node: state && isShared(state) ? SHARED : node,
    vmid: 0,
    used: 0,
    ctime: Math.floor(cluster.clock.now() / 1000),
    parent: null,
    system: null,
    ...volume,
  };
  const key = volumeKey(stored.node, stored.volid);
  cluster.state.volumes[key] = stored;
  // Read again, so that what is written to it later is kept.
  return cluster.state.volumes[key] ?? stored;
}

/** What qemu-img prints when it makes an image. */
function formattingLine(path: string, format: VolumeFormat, size: number, base?: string): string {
  if (format !== 'qcow2') return `Formatting '${path}', fmt=${format} size=${size} preallocation=off`;
  const [cluster, extended] = base ? ['131072', 'on'] : ['65536', 'off'];
  return (
    `Formatting '${path}', fmt=qcow2 cluster_size=${cluster} extended_l2=${extended} preallocation=metadata ` +
    `compression_type=zlib size=${size} ${base ? `backing_file=${base} backing_fmt=qcow2 ` : ''}` +
    'lazy_refcounts=off refcount_bits=16'
  );
}

/** The first name that no volume of a VM on a storage has, as `vm-100-disk-0`. */
function freeName(cluster: Cluster, node: string, storage: string, vmid: number): string {
  const taken = new Set(
    cluster.index
      .volumesOf(node, vmid)
      .filter((volume) => volume.storage === storage)
      .map(({ volid }) =>
        volumeName(volid).replace(/^base-|\.\w+$/g, (part) => (part === 'base-' ? 'vm-' : '')),
      ),
  );
  for (let n = 0; ; n += 1) {
    if (!taken.has(`vm-${vmid}-disk-${n}`)) return `vm-${vmid}-disk-${n}`;
  }
}

/** Makes a volume; `log` gets the lines the storage's tools print. */
export function allocateVolume(
  cluster: Cluster,
  { node, vmid }: { node: string; vmid: number },
  storage: string,
  wanted: WantedVolume,
  log: (line: string) => void,
): Volume {
  const stem =
    wanted.name ?? (wanted.cloudInit ? `vm-${vmid}-cloudinit` : freeName(cluster, node, storage, vmid));
  const onDirectory = isDirectory(cluster, node, storage);
  const format = onDirectory ? (wanted.format ?? (wanted.cloudInit ? 'qcow2' : 'raw')) : 'raw';
  const name = onDirectory ? `${stem}.${format}` : stem;
  const own = onDirectory ? `${vmid}/${name}` : name;
  const base = onDirectory && wanted.parent ? wanted.parent.split(':')[1] : undefined;
  const volid = `${storage}:${base ? `${base}/` : ''}${own}`;
  const path = volumePath(cluster, node, volid);
  if (onDirectory) {
    if (base) log(`clone ${base}: images, ${name}, ${vmid} to ${name} (base=../${base})`);
    log(formattingLine(path, format, wanted.size, base && `../${base}`));
    if (format === 'raw' && wanted.size > LARGEST_RAW_FILE) {
      throw new Error(
        `unable to create image: qemu-img: ${path}: The image size is too large for file format 'raw'`,
      );
    }
  }
  requireSpaceForImage(cluster, { node, storage, format, path, name });
  if (hasLogicalVolumes(cluster, node, storage)) log(`  Logical volume "${name}" created.`);
  return storeVolume(cluster, node, storage, {
    volid,
    vmid,
    size: wanted.size,
    used: wanted.used ?? 0,
    format,
    content: 'images',
    parent: wanted.parent ?? null,
    system: wanted.system ?? null,
  });
}

function hasLogicalVolumes(cluster: Cluster, node: string, storage: string): boolean {
  return findStorage(cluster, node, storage)?.type === 'lvmthin';
}

export function removeVolume(
  cluster: Cluster,
  node: string,
  volid: string,
  log?: (line: string) => void,
): void {
  const [storage = ''] = volid.split(':');
  const volume = findVolume(cluster, node, volid);
  if (!volume) {
    if (isDirectory(cluster, node, storage)) {
      log?.(`disk image '${volumePath(cluster, node, volid)}' does not exist`);
    }
    return;
  }
  delete cluster.state.volumes[volumeKey(volume.node, volid)];
  if (hasLogicalVolumes(cluster, node, storage))
    log?.(`  Logical volume "${volid.split(':')[1]}" successfully removed.`);
}

/** Turns a template's disk into a base image and answers its new id. */
export function makeBase(
  cluster: Cluster,
  node: string,
  volume: Volume,
  log: (line: string) => void,
): string {
  const name = volumeName(volume.volid);
  const baseName = name.replace(/^vm-/, 'base-');
  const volid = volume.volid.slice(0, -name.length) + baseName;
  delete cluster.state.volumes[volumeKey(volume.node, volume.volid)];
  cluster.state.volumes[volumeKey(volume.node, volid)] = { ...volume, volid };
  if (hasLogicalVolumes(cluster, node, volume.storage)) {
    log(`  Renamed "${name}" to "${baseName}" in volume group "pve"`);
  }
  return volid;
}

/** Grows a volume; `log` gets what the storage's tools print. A running VM's file is grown by QEMU itself. */
export function growVolume(
  cluster: Cluster,
  volume: Volume,
  size: number,
  { node, isRunning, log }: { node: string; isRunning: boolean; log: (line: string) => void },
): void {
  if (isDirectory(cluster, node, volume.storage)) {
    const path = volumePath(cluster, node, volume.volid);
    if (volumeName(volume.volid).startsWith('base-')) {
      log(`qemu-img: Could not open '${path}': Could not open '${path}': Operation not permitted`);
      const command = `/usr/bin/qemu-img resize '--preallocation=metadata' -f ${volume.format} ${path} ${size}`;
      throw new Error(`command '${command}' failed: exit code 1`);
    }
    if (!isRunning) log('Image resized.');
  } else if (hasLogicalVolumes(cluster, node, volume.storage)) {
    const amount = (bytes: number): string =>
      `${(bytes / GIB).toFixed(2)} GiB (${Math.ceil(bytes / (4 * MIB))} extents)`;
    const name = `pve/${volume.volid.split(':')[1]}`;
    log(`  Size of logical volume ${name} changed from ${amount(volume.size)} to ${amount(size)}.`);
    log(`  Logical volume ${name} successfully resized.`);
  }
  volume.size = size;
}

/** Backups on a storage, of one VM or of all. */
export function backupsOf(cluster: Cluster, node: string, storage: string, vmid?: number): Volume[] {
  return Object.values(cluster.state.volumes).filter(
    (volume) =>
      volume.content === 'backup' &&
      volume.storage === storage &&
      isOn(volume, node) &&
      (vmid === undefined || volume.vmid === vmid),
  );
}

/** Refuses storages that are not there or hold no disks. */
export function requireImageStorage(cluster: Cluster, node: string, name: string): void {
  const storage = findStorage(cluster, node, name);
  if (!storage) throw refuse(`storage '${name}' does not exist`);
  if (!storage.content.split(',').includes('images')) {
    throw refuse(`storage '${name}' does not support content-type 'images'`);
  }
}

/** A linked clone of a volume, if there is one. */
export function linkedCloneOf(cluster: Cluster, node: string, volid: string): Readonly<Volume> | undefined {
  return cluster.index.linkedClonesOf(node, volid)[0];
}

/** The first of a VM's disks that has linked clones. */
export function linkedClonesOf(cluster: Cluster, vm: Vm): string | undefined {
  return diskKeys(vm.config)
    .map((key) => parseDrive(String(vm.config[key])).file)
    .find((file) => linkedCloneOf(cluster, vm.node, file));
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
  const { format, 'import-from': source, ...options } = drive.options;
  const store = (file: string, size?: string): string => {
    const stored = printDrive({ file, options: { ...options, ...(size ? { size } : { media: 'cdrom' }) } });
    log(`${key}: successfully created disk '${stored}'`);
    return stored;
  };
  if (name === 'cloudinit') {
    const other = diskKeys(vm.config).find(
      (k) => k !== key && isCloudInitDrive(parseDrive(String(vm.config[k]))),
    );
    if (other) throw refuse(`${key} - cloud-init drive is already attached at '${other}'`);
    requireImageStorage(cluster, vm.node, storage);
    const size = 4 * MIB;
    return store(allocateVolume(cluster, vm, storage, { size, used: size, cloudInit: true }, log).volid);
  }
  if (/^\d+(\.\d+)?$/.test(name)) {
    requireImageStorage(cluster, vm.node, storage);
    const origin = source === undefined ? undefined : findVolume(cluster, vm.node, source);
    if (source !== undefined && !origin)
      throw refuse(`failed to stat '${volumePath(cluster, vm.node, source)}'`);
    const least = isDirectory(cluster, vm.node, storage) ? 0 : MIB;
    const size = origin
      ? (origin.virtualSize ?? origin.size)
      : Math.max(least, Math.ceil(Number(name) * GIB));
    const wanted = {
      size,
      format: format as VolumeFormat | undefined,
      ...(origin ? { used: origin.used, system: origin.system } : {}),
    };
    return store(allocateVolume(cluster, vm, storage, wanted, log).volid, printSize(size));
  }
  const volume = findVolume(cluster, vm.node, drive.file);
  if (!volume) throw refuse(`volume '${drive.file}' does not exist`);
  return printDrive({ file: drive.file, options: { ...drive.options, size: printSize(volume.size) } });
}

/** Reads a size as resize takes it: absolute, or added to what is there. */
export function wantedSize(volume: Volume, text: string): number {
  return text.startsWith('+') ? volume.size + parseSize(text.slice(1)) : parseSize(text);
}

/** What a storage's content list says of a volume; only directories always name a parent. */
export function printVolume(volume: Volume, storageType: StorageState['type']): Record<string, unknown> {
  const { volid, vmid, size, used, format, content, ctime, parent } = volume;
  if (content === 'backup') {
    const { notes, isProtected } = volume;
    return {
      volid,
      vmid,
      size,
      format,
      content,
      ctime,
      subtype: 'qemu',
      ...(notes === undefined ? {} : { notes }),
      ...(isProtected ? { protected: 1 } : {}),
    };
  }
  if (content !== 'images') return { volid, size, format, content, ctime };
  const base = parent?.split(':')[1];
  const common = { volid, vmid, size, used, format, content, ctime };
  return {
    ...common,
    ...(hasFiles(storageType) ? { parent: base ? `../${base}` : null } : base && { parent: base }),
  };
}

/** Waits while a volume is copied, and logs how far it is as qemu-img prints it. */
export async function copyProgress(
  work: TaskWork,
  name: string,
  { size }: Volume,
  ms: number,
  onProgress?: (share: number) => void,
): Promise<void> {
  const line = (share: number): string =>
    `transferred ${printAmount(size * share)} of ${printAmount(size)} (${(share * 100).toFixed(2)}%)`;
  work.once(`${name}-begin`, () => work.log(line(0)));
  let shown = 0;
  await work.wait(name, ms, (share) => {
    onProgress?.(share);
    if (share <= shown) return;
    shown = share;
    work.log(line(share));
  });
}

/** One decimal, binary units. */
export function printAmount(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
