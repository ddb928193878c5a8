import { badParameters, refuse } from './api-error.ts';
import type { ApiError } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import type { Vm } from './cluster-state.ts';
import type { Values } from './parameters.ts';
import {
  checkDigest,
  checkNotLocked,
  checkSshKeys,
  deletedKey,
  diskKeys,
  hashPassword,
  isCdrom,
  isCloudInitDrive,
  normalizeValue,
  parseDrive,
  splitKeys,
} from './vm-config.ts';
import { DISK_KEYS, isConfigKey } from './vm-config-parameters.ts';
import { createDrive, removeVolume } from './volumes.ts';

/** Keys that a running VM takes over if its `hotplug` names the feature, which it does not by default. */
const HOTPLUGGED: Record<string, string> = { memory: 'memory', vcpus: 'cpu' };

/** Keys that a running VM takes over at once; everything else waits for the next cold start. */
const LIVE_KEYS =
  /^(?:name|description|tags|onboot|protection|startup|hotplug|lock|digest|shares|cpuunits|cpulimit|hookscript|migrate_.*|ci.*|sshkeys|nameserver|searchdomain|ipconfig\d+|net\d+|unused\d+|scsi\d+|virtio\d+|vmstatestorage)$/;

const CONTROL_KEYS = new Set(['delete', 'revert', 'digest', 'skiplock', 'force', 'background_delay']);

/** Checks that come before any lock is waited for; the same ones run again inside it. */
export function checkUpdate(vm: Vm, values: Values, isRoot: boolean): void {
  if (values.skiplock !== undefined && !isRoot) {
    throw badParameters({ skiplock: 'Only root may use this option.' });
  }
  const removed = splitKeys('delete', values.delete, isConfigKey);
  const reverted = splitKeys('revert', values.revert, isConfigKey);
  const set = Object.keys(values).filter((key) => !CONTROL_KEYS.has(key));
  if (set.length + removed.length + reverted.length === 0) throw refuse('no options specified');
  for (const key of removed) {
    if (values[key] !== undefined) {
      throw badParameters({ delete: `you can't use '-${key}' and -delete ${key}' at the same time` });
    }
  }
  for (const key of [...set, ...removed]) {
    if (['lock', 'args', 'hookscript'].includes(key) && !isRoot) {
      throw refuse(`only root can set '${key}' config`);
    }
  }
  if (values.sshkeys !== undefined) checkSshKeys(String(values.sshkeys));
  checkDigest(vm, values.digest);
  if (!values.skiplock) checkNotLocked(vm);
}

/** Changes a VM's config; throws before anything is changed. */
export function updateConfig(
  cluster: Cluster,
  vm: Vm,
  values: Values,
  { isRoot, log }: { isRoot: boolean; log: (line: string) => void },
): void {
  checkUpdate(vm, values, isRoot);
  const removed = splitKeys('delete', values.delete, isConfigKey);
  for (const key of removed) {
    if (vm.config.protection && DISK_KEYS.includes(key) && vm.config[key] !== undefined) {
      throw refuse(`can't remove drive '${key}' - protection mode enabled`);
    }
  }
  for (const key of splitKeys('revert', values.revert, isConfigKey)) {
    delete vm.pending[key];
    vm.pendingDelete = vm.pendingDelete.filter((entry) => deletedKey(entry) !== key);
  }
  for (const key of removed) removeKey(cluster, vm, key, Boolean(values.force));
  for (const [key, value] of Object.entries(values)) {
    if (CONTROL_KEYS.has(key)) continue;
    setKey(cluster, vm, key, value, log);
  }
}

function isLive(vm: Vm, key: string, value?: string | number): boolean {
  // Without automatic ballooning its size may be set at once.
  if (key === 'balloon') return vm.config.shares === 0;
  const feature = HOTPLUGGED[key];
  if (feature)
    return String(vm.config.hotplug ?? '')
      .split(',')
      .includes(feature);
  const isRom = (text: string | number | undefined): boolean =>
    text !== undefined && isCdrom(parseDrive(String(text)));
  // Of IDE and SATA only the medium of a CD-ROM can be changed.
  if (/^(?:ide|sata)\d+$/.test(key)) return isRom(vm.config[key]) && isRom(value);
  return LIVE_KEYS.test(key);
}

/** A guest without a system does not let go of its network card; the change stays pending all the same. */
function checkCardIsReleased(vm: Vm, key: string, stored: string | number): string | undefined {
  const before = vm.config[key];
  if (!/^net\d+$/.test(key) || before === undefined || vm.guest?.hasSystem) return undefined;
  const device = (text: string | number): string | undefined => String(text).split(',')[0];
  return device(before) === device(stored)
    ? undefined
    : `error on hot-unplugging device '${key}' - still busy in guest?`;
}

function setKey(
  cluster: Cluster,
  vm: Vm,
  key: string,
  value: string | number,
  log: (line: string) => void,
): void {
  let stored = normalizeValue(key, value);
  if (key === 'cipassword' && stored !== ' ') stored = hashPassword(String(value));
  if (DISK_KEYS.includes(key)) {
    const before = vm.config[key];
    stored = createDrive(cluster, vm, key, String(value), log);
    if (before !== undefined) keepAsUnused(vm, String(before), parseDrive(stored).file);
  }
  vm.pendingDelete = vm.pendingDelete.filter((entry) => deletedKey(entry) !== key);
  const problem = vm.guest ? checkCardIsReleased(vm, key, stored) : undefined;
  if (vm.guest && (problem || !isLive(vm, key, stored))) {
    if (vm.config[key] === stored) delete vm.pending[key];
    else vm.pending[key] = stored;
  } else {
    vm.config[key] = stored;
    delete vm.pending[key];
  }
  if (problem) throw hotplugProblem(key, problem);
}

function hotplugProblem(key: string, problem: string): ApiError {
  return badParameters({ [key]: `hotplug problem - ${problem}\n` });
}

function bootOrder(vm: Vm): string[] {
  return String(vm.config.boot ?? '')
    .replace(/^order=/, '')
    .split(';');
}

function removeKey(cluster: Cluster, vm: Vm, key: string, force: boolean): void {
  delete vm.pending[key];
  if (vm.config[key] === undefined) return;
  const isDisk = DISK_KEYS.includes(key);
  if (!vm.guest) {
    removeNow(cluster, vm, key, force);
    if (isDisk) vm.config.boot = withoutBoot(vm, key);
    return;
  }
  const isBootDisk = isDisk && bootOrder(vm).includes(key);
  if (isBootDisk) vm.pending.boot = withoutBoot(vm, key);
  if (isLive(vm, key) && !isBootDisk) {
    removeNow(cluster, vm, key, force);
    return;
  }
  vm.pendingDelete = vm.pendingDelete.filter((entry) => deletedKey(entry) !== key);
  vm.pendingDelete.push(force ? `!${key}` : key);
  if (isBootDisk && isLive(vm, key)) throw hotplugProblem(key, `can't unplug bootdisk '${key}'`);
}

function withoutBoot(vm: Vm, key: string): string {
  return `order=${bootOrder(vm)
    .filter((name) => name !== key)
    .join(';')}`;
}

/** Takes a key out of the config; a disk stays as unusedN unless it is to go with it. */
function removeNow(cluster: Cluster, vm: Vm, key: string, force: boolean): void {
  const value = String(vm.config[key]);
  const volid = parseDrive(value).file;
  if (/^unused\d+$/.test(key)) {
    const isHeld = Object.values(vm.snapshots ?? {}).some(({ config }) =>
      diskKeys(config).some((name) => parseDrive(String(config[name])).file === volid),
    );
    if (isHeld) throw refuse(`unable to delete '${volid}' - volume is still in use (snapshot?)`);
    removeVolume(cluster, vm.node, volid);
  }
  delete vm.config[key];
  if (!DISK_KEYS.includes(key)) return;
  if (force || isCloudInitDrive(parseDrive(value))) removeVolume(cluster, vm.node, volid);
  else keepAsUnused(vm, value);
}

/** Applies what waited for a cold start. */
export function applyPending(cluster: Cluster, vm: Vm): void {
  for (const entry of vm.pendingDelete) {
    if (vm.config[deletedKey(entry)] !== undefined) {
      removeNow(cluster, vm, deletedKey(entry), entry.startsWith('!'));
    }
  }
  Object.assign(vm.config, vm.pending);
  vm.pending = {};
  vm.pendingDelete = [];
}

/** A detached disk stays with the VM as unusedN. */
export function keepAsUnused(vm: Vm, value: string, replacedBy?: string): void {
  const drive = parseDrive(value);
  if (drive.file === replacedBy || drive.file === 'none' || drive.options.media === 'cdrom') return;
  const stillThere = diskKeys(vm.config).some(
    (key) => vm.config[key] !== value && parseDrive(String(vm.config[key])).file === drive.file,
  );
  if (stillThere) return;
  for (let n = 0; n <= 255; n += 1) {
    if (vm.config[`unused${n}`] === undefined) {
      vm.config[`unused${n}`] = drive.file;
      return;
    }
  }
}
