import { randomUUID } from 'node:crypto';

import type { Cluster } from './cluster.ts';
import { findVm, findVolume } from './cluster.ts';
import type { Vm, VmConfig } from './cluster-state.ts';
import { volumeKey } from './cluster-state.ts';
import { devicePath } from './storage-paths.ts';
import { requireSpaceToWrite } from './storage-space.ts';
import type { TaskWork } from './tasks.ts';
import { InjectedFailure, isGone, TaskInterrupted } from './tasks.ts';
import {
  diskKeys,
  isCdrom,
  isCloudInitDrive,
  normalizeNet,
  parseDrive,
  printDrive,
  printSize,
} from './vm-config.ts';
import { allocateVolume, copyProgress } from './volumes.ts';
import type { VolumeFormat } from './volumes.ts';

const GIB = 1024 ** 3;
const FULL_COPY_MS_PER_GIB = 1500;
const LINKED_MS = 1000;
const CLOUD_INIT_MS = 400;
/** How long it takes to make an image, longer than a small one's. */
const IMAGE_MS = 90;
/** A clone waits for locks much shorter than others do. */
const LOCK_WAIT_MS = 1000;

/** Task qmclone: runs on the source's node; its target has no name until the first disk is there. */
export async function cloneVm(cluster: Cluster, work: TaskWork): Promise<void> {
  const { node, id, args } = work.record;
  const sourceId = Number(id);
  const newId = Number(args.newid);
  await work.lock(node, newId, true, LOCK_WAIT_MS);
  await work.lock(node, sourceId, false, LOCK_WAIT_MS);
  const source = findVm(cluster, node, sourceId);
  if (!source) throw new Error(`unable to find configuration file for VM ${sourceId} on node '${node}'`);
  work.once('begin', () => begin(cluster, node, newId));
  const target = findVm(cluster, node, newId);
  if (!target) throw new Error(`clone failed: VM ${newId} vanished`);
  try {
    work.once('first-line', () => work.log(`creating a clone of VM ${sourceId} with ID ${newId}`));
    await cloneDisks(cluster, work, source, target);
    work.once('end', () => {
      delete target.config.lock;
      if (typeof args.target === 'string') target.node = args.target;
      if (typeof args.pool === 'string') {
        cluster.state.pools.find(({ poolid }) => poolid === args.pool)?.members.push(newId);
      }
    });
  } catch (err) {
    if (isGone(err)) throw err;
    removeTarget(cluster, target);
    if (err instanceof InjectedFailure) throw err;
    const command = String(args.command ?? '');
    const cause =
      err instanceof TaskInterrupted
        ? `${command && `copy failed: command '${command}' failed: `}interrupted by signal`
        : String(err instanceof Error ? err.message : err);
    throw new Error(`clone failed: ${cause}`, { cause: err });
  }
}

function begin(cluster: Cluster, node: string, vmid: number): void {
  const other = cluster.state.vms[vmid];
  if (other?.node === node) throw new Error(`unable to create VM ${vmid}: config file already exists`);
  if (other) {
    const file = `/etc/pve/nodes/${node}/qemu-server/${vmid}.conf`;
    throw new Error(`close (rename) atomic file '${file}' failed: File exists`);
  }
  cluster.state.vms[vmid] = {
    vmid,
    node,
    // Seen by anyone who reads the target while its disks are copied.
    config: { description: ' qmclone temporary file', lock: 'clone' },
    pending: {},
    pendingDelete: [],
    guest: null,
    restartAt: null,
    cleanupAt: null,
  };
}

async function cloneDisks(cluster: Cluster, work: TaskWork, source: Vm, target: Vm): Promise<void> {
  const { args } = work.record;
  const snapshot = typeof args.snapname === 'string' ? source.snapshots?.[args.snapname] : undefined;
  if (snapshot) source = { ...source, config: snapshot.config };
  const config = targetConfig(source, args, target.vmid);
  const disks = diskKeys(source.config).filter((key) => {
    const drive = parseDrive(String(source.config[key]));
    return !isCdrom(drive) || isCloudInitDrive(drive);
  });
  // The cloud-init drive comes first on the real thing, since ide sorts before scsi.
  for (const key of disks) {
    const drive = parseDrive(String(source.config[key]));
    const storage = String(args.storage ?? drive.file.split(':')[0]);
    if (isCloudInitDrive(drive)) {
      work.once(`begin-${key}`, () => work.log(`create full clone of drive ${key} (${drive.file})`));
      await work.onStorage(source.node, storage, `alloc-${key}`, () => {
        const size = 4 * 1024 ** 2;
        const wanted = { size, used: size, cloudInit: true, format: formatOf(args) } as const;
        const { volid } = allocateVolume(cluster, target, storage, wanted, work.log);
        work.log(`allocated target volume '${volid}'`);
        args[`volume-${key}`] = volid;
      });
      await work.pause(`make-${key}`, cluster.scaled(CLOUD_INIT_MS));
      work.once(`disk-${key}`, () => {
        const file = String(args[`volume-${key}`]);
        commit(target, config, key, printDrive({ file, options: { media: 'cdrom', size: '4M' } }));
      });
    } else {
      await cloneDisk(cluster, work, { source, target, config, key, storage });
    }
  }
  if (disks.length === 0) work.once('no-disks', () => commit(target, config));
}

async function cloneDisk(
  cluster: Cluster,
  work: TaskWork,
  disk: { source: Vm; target: Vm; config: VmConfig; key: string; storage: string },
): Promise<void> {
  const { source, target, config, key, storage } = disk;
  const { args } = work.record;
  const drive = parseDrive(String(source.config[key]));
  const origin = findVolume(cluster, source.node, drive.file);
  if (!origin) throw new Error(`volume '${drive.file}' does not exist`);
  const full = Boolean(args.full);
  const { system, size } = origin;
  work.once(`begin-${key}`, () =>
    work.log(`create ${full ? 'full' : 'linked'} clone of drive ${key} (${drive.file})`),
  );
  await work.onStorage(
    source.node,
    storage,
    `alloc-${key}`,
    () => {
      const format = full ? (formatOf(args) ?? origin.format) : origin.format;
      const wanted = { size, system, format, ...(full ? {} : { parent: origin.volid }) };
      const { volid } = allocateVolume(cluster, target, storage, wanted, work.log);
      args[`volume-${key}`] = volid;
      if (!full) return;
      work.log(`allocated target volume '${volid}'`);
    },
    IMAGE_MS,
  );
  const volid = String(args[`volume-${key}`]);
  if (full) {
    const volume = findVolume(cluster, target.node, volid);
    const limit = args.bwlimit ? `-r ${args.bwlimit}K ` : '';
    const command =
      `/usr/bin/qemu-img convert -p -n ${limit}-f ${origin.format} -O ${volume?.format ?? 'raw'} ` +
      `${devicePath(cluster, source.node, origin.volid)} zeroinit:${devicePath(cluster, target.node, volid)}`;
    const perGib = args.bwlimit ? GIB / (Number(args.bwlimit) * 1.024) : FULL_COPY_MS_PER_GIB;
    args.command = command;
    await copyProgress(work, `copy-${key}`, origin, cluster.scaled((size / GIB) * perGib, 5), (share) => {
      if (!volume) return;
      volume.used = Math.floor(origin.used * share);
      requireSpaceToWrite(
        cluster,
        { node: target.node, storage },
        { bytes: volume.used, command, log: work.log },
      );
    });
  } else {
    await work.wait(`link-${key}`, cluster.scaled(LINKED_MS, 3));
  }
  work.once(`disk-${key}`, () => {
    const options = { ...drive.options, size: printSize(size) };
    commit(target, config, key, printDrive({ file: volid, options }));
  });
}

function formatOf({ format }: TaskWork['record']['args']): VolumeFormat | undefined {
  return typeof format === 'string' ? (format as VolumeFormat) : undefined;
}

/** What the target's config will be, without disks: new MACs and uuid, no trace of the template. */
function targetConfig(source: Vm, args: TaskWork['record']['args'], vmid: number): VmConfig {
  const config: VmConfig = {};
  for (const [key, value] of Object.entries(source.config)) {
    if (['template', 'lock', 'parent', 'snapstate', 'snaptime', 'vmstate'].includes(key)) continue;
    if (/^unused\d+$/.test(key)) continue;
    if (/^net\d+$/.test(key)) config[key] = normalizeNet(String(value), true);
    else config[key] = value;
  }
  for (const key of diskKeys(source.config)) {
    const drive = parseDrive(String(source.config[key]));
    if (!isCdrom(drive) || isCloudInitDrive(drive)) delete config[key];
  }
  const uuid = `uuid=${randomUUID()}`;
  const rest = String(source.config.smbios1 ?? '')
    .split(',')
    .filter((p) => p && !p.startsWith('uuid='));
  config.smbios1 = [uuid, ...rest].join(',');
  if (source.config.vmgenid !== undefined) config.vmgenid = randomUUID();
  config.name =
    args.name !== null && args.name !== undefined
      ? String(args.name)
      : `Copy-of-VM-${source.config.name ?? vmid}`;
  if (args.description !== null && args.description !== undefined)
    config.description = String(args.description);
  return config;
}

/** Writes the target's config after a disk is there; the first time its name becomes visible. */
function commit(target: Vm, config: VmConfig, key?: string, value?: string): void {
  const disks = Object.fromEntries(diskKeys(target.config).map((k) => [k, target.config[k] ?? '']));
  // The identity chosen at the first disk stays, also when another process goes on.
  const chosen = target.config.name === undefined ? config : target.config;
  target.config = { ...chosen, ...disks, lock: 'clone' };
  if (key && value) target.config[key] = value;
}

function removeTarget(cluster: Cluster, target: Vm): void {
  for (const { node, volid } of cluster.index.volumesOf(target.node, target.vmid)) {
    delete cluster.state.volumes[volumeKey(node, volid)];
  }
  delete cluster.state.vms[target.vmid];
}
