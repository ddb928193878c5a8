import { badParameters, refuse } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import type { Vm } from './cluster-state.ts';
import type { Values } from './parameters.ts';
import {
  checkDigest,
  checkNotLocked,
  checkSshKeys,
  diskKeys,
  hashPassword,
  normalizeValue,
  parseDrive,
  splitKeys,
} from './vm-config.ts';
import { DISK_KEYS, isConfigKey } from './vm-config-parameters.ts';
import { createDrive, removeVolume } from './volumes.ts';

/** Keys that a running VM takes over at once; everything else waits for the next cold start. */
const LIVE_KEYS =
  /^(?:name|description|tags|onboot|protection|startup|hotplug|lock|digest|balloon|shares|cpuunits|cpulimit|hookscript|migrate_.*|ci.*|sshkeys|nameserver|searchdomain|ipconfig\d+|net\d+|unused\d+|ide\d+|sata\d+|scsi\d+|virtio\d+|boot|vmstatestorage)$/;

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
    vm.pendingDelete = vm.pendingDelete.filter((name) => name !== key);
  }
  for (const key of removed) removeKey(cluster, vm, key, Boolean(values.force));
  for (const [key, value] of Object.entries(values)) {
    if (CONTROL_KEYS.has(key)) continue;
    setKey(cluster, vm, key, value, log);
  }
  cluster.store.touch();
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
  vm.pendingDelete = vm.pendingDelete.filter((name) => name !== key);
  if (vm.guest && !LIVE_KEYS.test(key)) {
    if (vm.config[key] === stored) delete vm.pending[key];
    else vm.pending[key] = stored;
  } else {
    vm.config[key] = stored;
    delete vm.pending[key];
  }
}

function removeKey(cluster: Cluster, vm: Vm, key: string, force: boolean): void {
  delete vm.pending[key];
  const value = vm.config[key];
  if (value === undefined) return;
  if (vm.guest && !LIVE_KEYS.test(key)) {
    if (!vm.pendingDelete.includes(key)) vm.pendingDelete.push(key);
    return;
  }
  delete vm.config[key];
  const volid = parseDrive(String(value)).file;
  if (/^unused\d+$/.test(key)) removeVolume(cluster, vm.node, volid);
  if (!DISK_KEYS.includes(key)) return;
  if (force || volid.endsWith('cloudinit')) removeVolume(cluster, vm.node, volid);
  else keepAsUnused(vm, String(value));
  if (typeof vm.config.boot === 'string') {
    const order = vm.config.boot.replace(/^order=/, '').split(';');
    vm.config.boot = `order=${order.filter((name) => name !== key).join(';')}`;
  }
}

/** A detached disk stays with the VM as unusedN. */
function keepAsUnused(vm: Vm, value: string, replacedBy?: string): void {
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
