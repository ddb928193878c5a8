import { cloneVm } from './clone-vm.ts';
import type { Cluster } from './cluster.ts';
import { findVm, findVolume, missingConfig } from './cluster.ts';
import type { Vm, VmConfig } from './cluster-state.ts';
import { volumeKey } from './cluster-state.ts';
import { devicePath } from './storage-paths.ts';
import { requireSpaceToWrite } from './storage-space.ts';
import { findHaResource, removeHaResource } from './ha-manager.ts';
import type { TaskWork, TaskWorker } from './tasks.ts';
import { isGone } from './tasks.ts';
import { updateConfig } from './update-config.ts';
import {
  checkDigest,
  diskKeys,
  isCdrom,
  isCloudInitDrive,
  parseDrive,
  printDrive,
  printSize,
} from './vm-config.ts';
import {
  copyProgress,
  createDrive,
  growVolume,
  linkedClonesOf,
  makeBase,
  removeVolume,
  wantedSize,
} from './volumes.ts';

function requireVmOf(cluster: Cluster, work: TaskWork): Vm {
  const { node, id } = work.record;
  const vm = findVm(cluster, node, Number(id));
  if (!vm) throw new Error(missingConfig(node, Number(id)));
  return vm;
}

function checkUnlocked(work: TaskWork, vm: Vm): void {
  if (vm.config.lock === undefined || work.record.args.skiplock) return;
  throw new Error(`VM is locked (${vm.config.lock})`);
}

const IMPORT_MS_PER_GIB = 1500;

/** Makes one disk of a new VM; an imported one is copied, which takes its time. */
async function makeDisk(cluster: Cluster, work: TaskWork, vm: Vm, key: string): Promise<void> {
  const { args, node } = work.record;
  const source = parseDrive(String(vm.config[key])).options['import-from'] ?? args[`source-${key}`];
  const [storage = ''] = parseDrive(String(vm.config[key])).file.split(':');
  const origin = typeof source === 'string' && findVolume(cluster, vm.node, source);
  work.once(`begin-${key}`, () => {
    if (origin) work.log(`create full clone of drive (${source})`);
  });
  await work.onStorage(node, storage, `disk-${key}`, () => {
    vm.config[key] = createDrive(cluster, vm, key, String(vm.config[key]), (line) => {
      // Of an import it is said after the copy.
      if (origin && line.includes('successfully created')) args[`made-${key}`] = line;
      else work.log(line);
    });
    if (origin) {
      args[`source-${key}`] = origin.volid;
      work.log(`allocated target volume '${parseDrive(String(vm.config[key])).file}'`);
    }
  });
  const made = args[`made-${key}`];
  const volume = findVolume(cluster, vm.node, parseDrive(String(vm.config[key])).file);
  if (typeof made !== 'string' || !volume) return;
  const ms = cluster.scaled((volume.size / 1024 ** 3) * IMPORT_MS_PER_GIB, 5);
  const command =
    `/usr/bin/qemu-img convert -p -n -O ${volume.format} ` +
    `${devicePath(cluster, vm.node, String(source))} zeroinit:${devicePath(cluster, vm.node, volume.volid)}`;
  await copyProgress(work, `import-${key}`, volume, ms, (share) => {
    const bytes = Math.floor(volume.size * share);
    requireSpaceToWrite(
      cluster,
      { node: vm.node, storage: volume.storage },
      { bytes, command, log: work.log },
    );
  });
  work.once(`imported-${key}`, () => work.log(made));
}

const createVm: TaskWorker = async (cluster, work) => {
  const { node, id, args, user } = work.record;
  const vmid = Number(id);
  await work.lock(node, vmid, true, 5000);
  const vm = requireVmOf(cluster, work);
  try {
    for (const key of diskKeys(vm.config)) await makeDisk(cluster, work, vm, key);
    await work.wait('create', cluster.scaled(400, 2));
    work.once('end', () => {
      delete vm.config.lock;
      vm.config.boot ??= defaultBoot(vm.config);
    });
  } catch (err) {
    if (!isGone(err)) removeVm(cluster, vm);
    const cause = err instanceof Error ? err.message : String(err);
    throw isGone(err) ? err : new Error(`unable to create VM ${vmid} - ${cause}`, { cause: err });
  }
  if (!args.start) return;
  work.once('start', () => {
    work.log('Execute autostart');
    cluster.tasks.start('qmstart', { node, id: vmid, user });
  });
};

/** The first disk, the first CD-ROM and the first network card. */
function defaultBoot(config: VmConfig): string {
  const disks = diskKeys(config).filter((key) => !/^(?:efidisk|tpmstate)/.test(key));
  const isRom = (key: string): boolean => isCdrom(parseDrive(String(config[key])));
  const order = [
    disks.find((key) => !isRom(key)),
    disks.find(isRom),
    Object.keys(config)
      .filter((key) => /^net\d+$/.test(key))
      .toSorted()[0],
  ].filter(Boolean);
  return order.length > 0 ? `order=${order.join(';')}` : ' ';
}

function removeVm(cluster: Cluster, vm: Vm): void {
  for (const { node, volid } of cluster.index.volumesOf(vm.node, vm.vmid)) {
    delete cluster.state.volumes[volumeKey(node, volid)];
  }
  delete cluster.state.vms[vm.vmid];
}

const destroyVm: TaskWorker = async (cluster, work) => {
  if (work.record.done.includes('removed')) return;
  const { node, id, args } = work.record;
  const vmid = Number(id);
  await work.lock(node, vmid);
  const vm = requireVmOf(cluster, work);
  checkUnlocked(work, vm);
  if (vm.guest) throw new Error(`VM ${vmid} is running - destroy failed`);
  const base = linkedClonesOf(cluster, vm);
  if (base) throw new Error(`base volume '${base}' is still in use by linked cloned`);
  await work.wait('remove', cluster.scaled(700, 2));
  work.once('removed', () => {
    for (const key of [
      ...diskKeys(vm.config),
      ...Object.keys(vm.config).filter((k) => k.startsWith('unused')),
    ]) {
      const drive = parseDrive(String(vm.config[key]));
      // What is in a drive is not the VM's own.
      if (isCdrom(drive) && !isCloudInitDrive(drive)) continue;
      removeVolume(cluster, node, drive.file, work.log);
    }
    for (const { config } of Object.values(vm.snapshots ?? {})) {
      if (config.vmstate !== undefined) removeVolume(cluster, node, String(config.vmstate), work.log);
    }
    if (args['destroy-unreferenced-disks']) {
      for (const { volid } of cluster.index.volumesOf(node, vmid)) {
        removeVolume(cluster, node, volid, work.log);
      }
    }
    if (args.purge) {
      work.log(`purging VM ${vmid} from related configurations..`);
      if (findHaResource(cluster, vmid)) {
        removeHaResource(cluster, vmid);
        work.log(`NOTE: removed VM ${vmid} from HA resource configuration.`);
      }
    }
    for (const [index, { members }] of cluster.plain.pools.entries()) {
      const pool = members.includes(vmid) && cluster.state.pools[index];
      if (pool) pool.members = members.filter((member) => member !== vmid);
    }
    delete cluster.state.vms[vmid];
    delete cluster.state.firewalls?.[vmid];
  });
};

const makeTemplate: TaskWorker = async (cluster, work) => {
  const { node } = work.record;
  await work.lock(node, Number(work.record.id));
  const vm = requireVmOf(cluster, work);
  work.once('flag', () => {
    vm.config.template = 1;
  });
  await work.wait('convert', cluster.scaled(300, 2));
  work.once('rename', () => {
    for (const key of diskKeys(vm.config)) {
      const drive = parseDrive(String(vm.config[key]));
      const volume = findVolume(cluster, node, drive.file);
      if (!volume || isCdrom(drive)) continue;
      vm.config[key] = printDrive({ ...drive, file: makeBase(cluster, node, volume, work.log) });
    }
  });
};

const resizeDisk: TaskWorker = async (cluster, work) => {
  const { node, args } = work.record;
  const key = String(args.disk);
  requireVmOf(cluster, work);
  await work.lock(node, Number(work.record.id));
  const vm = requireVmOf(cluster, work);
  if (!work.record.done.includes('resized')) {
    checkDigest(vm, typeof args.digest === 'string' ? args.digest : undefined);
    checkUnlocked(work, vm);
    if (vm.config[key] === undefined) throw new Error(`disk '${key}' does not exist`);
  }
  const drive = parseDrive(String(vm.config[key]));
  if (isCdrom(drive)) throw new Error("you can't resize a cdrom");
  const volume = findVolume(cluster, node, drive.file);
  if (!volume) throw new Error(`volume '${drive.file}' does not exist`);
  if (work.record.done.includes('resized')) return;
  const wanted = wantedSize(volume, String(args.size));
  if (wanted < volume.size) throw new Error('shrinking disks is not supported');
  if (wanted === volume.size) return;
  await work.wait('resize', cluster.scaled(300, 2));
  work.once('resized', () => {
    growVolume(cluster, volume, wanted, { node, isRunning: vm.guest !== null, log: work.log });
    vm.config[key] = printDrive({ file: drive.file, options: { ...drive.options, size: printSize(wanted) } });
  });
};

const changeConfig: TaskWorker = async (cluster, work) => {
  const vmid = Number(work.record.id);
  await work.lock(work.record.node, vmid);
  const vm = requireVmOf(cluster, work);
  const values = JSON.parse(String(work.record.args.values)) as Record<string, string | number>;
  work.once('update', () => {
    const shown = Object.entries(values).map(
      ([key, value]) => `-${key} ${key === 'cipassword' ? '<hidden>' : value}`,
    );
    work.log(`update VM ${vmid}: ${shown.join(' ')}`);
    updateConfig(cluster, vm, values, { isRoot: Boolean(work.record.args.isRoot), log: work.log });
  });
};

/** Workers of the tasks that make, change and remove VMs, by task type. */
export const vmWorkers: Record<string, TaskWorker> = {
  qmclone: cloneVm,
  qmcreate: createVm,
  qmdestroy: destroyVm,
  qmtemplate: makeTemplate,
  resize: resizeDisk,
  qmconfig: changeConfig,
};
