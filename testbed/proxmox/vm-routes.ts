import { randomUUID } from 'node:crypto';

import { badParameters, ApiError, refuse } from './api-error.ts';
import { findNode, findStorage, findVm, findVolume, isShared, lockKey, requireVm } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import type { Vm, VmConfig } from './cluster-state.ts';
import { qmpStatus, vmStatus } from './guests.ts';
import { lockTimeout } from './locks.ts';
import type { Values } from './parameters.ts';
import { findHaResource } from './ha-manager.ts';
import type { Call, Route } from './route.ts';
import { checkSkipLock, startTask } from './route.ts';
import { restoreVm } from './restore-vm.ts';
import { requireSnapshot } from './snapshot-routes.ts';
import {
  checkNotLocked,
  checkSshKeys,
  diskKeys,
  isCdrom,
  isCloudInitDrive,
  normalizeValue,
  parseDrive,
  volumeName,
} from './vm-config.ts';
import { DISK_KEYS } from './vm-config-parameters.ts';
import { requireImageStorage } from './volumes.ts';

const SUBDIRS =
  `config cloudinit pending status unlink vncproxy termproxy migrate resize move rrd rrddata monitor agent
  snapshot spiceproxy sendkey firewall mtunnel remote_migrate`.split(/\s+/);

function withoutPath(params: Values): Values {
  const { node: _node, vmid: _vmid, ...values } = params;
  return values;
}

async function createVm(call: Call): Promise<string> {
  const { cluster, node, vmid, params, isRoot } = call;
  const {
    start,
    pool,
    storage: _storage,
    archive,
    force: _force,
    unique: _unique,
    'live-restore': _live,
    bwlimit: _limit,
    ...given
  } = withoutPath(params);
  if (given.sshkeys !== undefined) checkSshKeys(String(given.sshkeys));
  if (given.lock !== undefined && !isRoot) throw refuse("only root can set 'lock' config");
  const taken = (): void => {
    const other = cluster.state.vms[vmid];
    if (other)
      throw refuse(`unable to create VM ${vmid} - VM ${vmid} already exists on node '${other.node}'`);
  };
  checkPool(call);
  if (archive !== undefined) return restoreVm(call, given);
  const key = lockKey(node, vmid);
  const owner = randomUUID();
  if (!(await cluster.locks.acquire(key, owner, true, cluster.scaled(5000, 100)))) {
    throw refuse(`unable to create VM ${vmid} - ${lockTimeout(vmid)}`);
  }
  try {
    taken();
    const config: VmConfig = {};
    for (const [name, value] of Object.entries(given)) config[name] = normalizeValue(name, value);
    config.smbios1 ??= `uuid=${randomUUID()}`;
    config.vmgenid ??= randomUUID();
    config.meta = `creation-qemu=10.0.2,ctime=${Math.floor(cluster.clock.now() / 1000)}`;
    config.lock = 'create';
    cluster.state.vms[vmid] = {
      vmid,
      node,
      config,
      pending: {},
      pendingDelete: [],
      guest: null,
      restartAt: null,
      cleanupAt: null,
    };
    if (pool !== undefined) cluster.state.pools.find(({ poolid }) => poolid === pool)?.members.push(vmid);
  } finally {
    cluster.locks.release(key, owner);
  }
  return startTask(call, 'qmcreate', vmid, { start: Boolean(start) });
}

function checkPool({ cluster, params }: Call): void {
  const { pool } = params;
  if (pool === undefined || cluster.state.pools.some(({ poolid }) => poolid === pool)) return;
  throw new ApiError(403, `Permission check failed (pool '${pool}' does not exist)`);
}

function cloneVm(call: Call): string {
  const { cluster, node, vmid, params } = call;
  checkPool(call);
  const target = params.target === undefined ? node : String(params.target);
  if (!findNode(cluster, target)) throw refuse(`no such cluster node '${target}'`);
  const source = findVm(cluster, node, vmid);
  if (!source) throw refuse(`unable to find configuration file for VM ${vmid} on node '${node}'`);
  const full = params.full === undefined ? !source.config.template : params.full === 1;
  if (!full && params.storage !== undefined)
    throw refuse("parameter 'storage' not allowed for linked clones");
  if (!full && params.format !== undefined) throw refuse("parameter 'format' not allowed for linked clones");
  if (params.storage !== undefined) checkTargetStorage(cluster, node, String(params.storage));
  checkNotLocked(source);
  if (params.snapname !== undefined) requireSnapshot(source, params.snapname);
  const newid = Number(params.newid);
  if (findVm(cluster, target, newid))
    throw refuse(`unable to create VM ${newid}: config file already exists`);
  if (target !== node) checkCloneTarget(cluster, source, target, params.storage);
  if (!full) checkLinkable(cluster, source);
  return startTask(call, 'qmclone', vmid, {
    newid,
    full,
    name: params.name ?? null,
    description: params.description ?? null,
    storage: params.storage ?? null,
    format: params.format ?? null,
    snapname: params.snapname ?? null,
    bwlimit: params.bwlimit ?? null,
    pool: params.pool ?? null,
    target: target === node ? null : target,
  });
}

/** Another node has to see the disks of the clone, and those they are copied from. */
function checkCloneTarget(
  cluster: Cluster,
  source: Vm,
  target: string,
  storage: string | number | undefined,
): void {
  const isSharedName = (name: string): boolean => {
    const state = findStorage(cluster, source.node, name);
    return state !== undefined && isShared(state);
  };
  if (storage !== undefined && !isSharedName(String(storage))) {
    throw refuse(`can't clone to non-shared storage '${storage}'`);
  }
  for (const key of diskKeys(source.config)) {
    const drive = parseDrive(String(source.config[key]));
    const [name = '', volume] = drive.file.split(':');
    if (volume === undefined || (isCdrom(drive) && !isCloudInitDrive(drive))) continue;
    if (!isSharedName(name)) throw refuse(`can't clone VM to node '${target}' (VM uses local storage)`);
    if (!findStorage(cluster, target, name)) {
      throw refuse(`storage '${name}' is not available on node '${target}'`);
    }
  }
}

function checkTargetStorage(cluster: Cluster, node: string, name: string): void {
  const storage = findStorage(cluster, node, name);
  if (!storage) throw refuse(`storage '${name}' does not exist`);
  if (!storage.content.split(',').includes('images')) {
    throw badParameters({ storage: `storage '${name}' does not support vm images` });
  }
}

function checkLinkable(cluster: Cluster, source: Vm): void {
  for (const key of diskKeys(source.config)) {
    const drive = parseDrive(String(source.config[key]));
    if (isCdrom(drive) || isCloudInitDrive(drive)) continue;
    const volume = findVolume(cluster, source.node, drive.file);
    if (volume && !volumeName(volume.volid).startsWith('base-')) {
      throw refuse(`Linked clone feature is not supported for '${drive.file}' (${key})`);
    }
  }
}

function destroyVm(call: Call): string {
  const { cluster, node, vmid, params } = call;
  checkSkipLock(call);
  const vm = requireVm(cluster, node, vmid);
  if (vm.config.protection) throw refuse(`can't remove VM ${vmid} - protection mode enabled`);
  if (!params.purge && findHaResource(cluster, vmid))
    throw refuse(`unable to remove VM ${vmid} - used in HA resources and purge parameter not set.`);
  if (vm.guest) throw refuse(`VM ${vmid} is running - destroy failed`);
  return startTask(call, 'qmdestroy', vmid, {
    purge: params.purge === 1,
    'destroy-unreferenced-disks': params['destroy-unreferenced-disks'] === 1,
    skiplock: params.skiplock === 1,
  });
}

function templateVm(call: Call): string {
  const vm = requireVm(call.cluster, call.node, call.vmid);
  checkNotLocked(vm);
  if (vm.config.template) throw refuse("you can't convert a template to a template");
  if (Object.keys(vm.snapshots ?? {}).length > 0) {
    throw refuse('unable to create template, because VM contains snapshots');
  }
  if (vm.guest) throw refuse("you can't convert a VM to template if VM is running");
  return startTask(call, 'qmtemplate', call.vmid);
}

function listVms({ cluster, node, params, caller }: Call): unknown[] {
  const seen = cluster.index.vmsOn(node).filter(({ vmid }) => cluster.index.seesVm(caller.user, vmid));
  return seen.map((vm) => ({
    ...vmStatus(vm, cluster.clock.now()),
    // Only QEMU knows what was read and written, and only a full list asks it.
    ...(params.full ? { qmpstatus: qmpStatus(vm) } : { diskread: 0, diskwrite: 0 }),
  }));
}

/** /nodes/{node}/qemu: VMs and their configuration. */
export const vmRoutes: Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/qemu',
    isForwarded: true,
    handle: listVms,
  },
  {
    method: 'POST',
    path: '/nodes/{node}/qemu',
    isForwarded: true,
    handle: (call) => {
      for (const key of DISK_KEYS) {
        const value = call.params[key];
        const [, storage, size] =
          /^([^:,]+):(\d+(?:\.\d+)?|cloudinit)(?:,|$)/.exec(String(value ?? '')) ?? [];
        if (storage && size) requireImageStorage(call.cluster, call.node, storage);
      }
      return createVm(call);
    },
  },
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}',
    handle: () => SUBDIRS.map((subdir) => ({ subdir })),
  },
  {
    method: 'DELETE',
    path: '/nodes/{node}/qemu/{vmid}',
    isForwarded: true,
    handle: destroyVm,
  },
  {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/clone',
    isForwarded: true,
    handle: cloneVm,
  },
  {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/template',
    isForwarded: true,
    handle: templateVm,
  },
];
