import { randomUUID } from 'node:crypto';

import { refuse } from './api-error.ts';
import { lockKey, requireVm } from './cluster.ts';
import type { Vm } from './cluster-state.ts';
import { lockTimeout } from './locks.ts';
import type { Values } from './parameters.ts';
import type { Call, Route } from './route.ts';
import { checkSkipLock, startTask } from './route.ts';
import { requireSnapshot } from './snapshot-routes.ts';
import { checkUpdate, updateConfig } from './update-config.ts';
import { configDigest, mergedConfig, printConfig } from './vm-config.ts';

/** Takes a VM's file lock for a synchronous change. */
async function withVmLock<T>(call: Call, waitMs: number, change: () => T): Promise<T> {
  const { cluster, node, vmid } = call;
  const key = lockKey(node, vmid);
  const owner = randomUUID();
  if (!(await cluster.locks.acquire(key, owner, true, cluster.scaled(waitMs, 150)))) {
    throw refuse(lockTimeout(vmid));
  }
  try {
    return change();
  } finally {
    cluster.locks.release(key, owner);
  }
}

function withoutPath(params: Values): Values {
  const { node: _node, vmid: _vmid, ...values } = params;
  return values;
}

function pendingList(vm: Vm): unknown[] {
  const keys = new Set([...Object.keys(vm.config), ...Object.keys(vm.pending)]);
  const shown = (key: string, value: string | number): string | number =>
    key === 'cipassword' ? '**********' : value;
  if (vm.config.description === '') keys.delete('description');
  const entries = [...keys].map((key) => {
    const entry: Record<string, unknown> = { key };
    const value = vm.config[key];
    const pending = vm.pending[key];
    if (value !== undefined) entry.value = shown(key, value);
    if (pending !== undefined) entry.pending = shown(key, pending);
    if (vm.pendingDelete.includes(key)) entry.delete = 1;
    if (vm.pendingDelete.includes(`!${key}`)) entry.delete = 2;
    return entry;
  });
  return [...entries, { key: 'digest', value: configDigest(vm) }];
}

async function putConfig(call: Call): Promise<null> {
  const { cluster, node, vmid, params, isRoot } = call;
  const values = withoutPath(params);
  checkUpdate(requireVm(cluster, node, vmid), values, isRoot);
  await withVmLock(call, 10_000, () => {
    updateConfig(cluster, requireVm(cluster, node, vmid), values, { isRoot, log: () => {} });
  });
  return null;
}

function postConfig(call: Call): string {
  const { background_delay: _delay, ...values } = withoutPath(call.params);
  checkUpdate(requireVm(call.cluster, call.node, call.vmid), values, call.isRoot);
  return startTask(call, 'qmconfig', call.vmid, {
    values: JSON.stringify(values),
    isRoot: call.isRoot,
  });
}

/** A VM's configuration and the size of its disks. */
export const vmConfigRoutes: Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/config',
    handle: ({ cluster, node, vmid, params }) => {
      const vm = requireVm(cluster, node, vmid);
      if (params.snapshot !== undefined) {
        return printConfig(vm, requireSnapshot(vm, params.snapshot).config);
      }
      return printConfig(vm, params.current === 1 ? vm.config : mergedConfig(vm));
    },
  },
  {
    method: 'PUT',
    path: '/nodes/{node}/qemu/{vmid}/config',
    isForwarded: true,
    handle: putConfig,
  },
  {
    method: 'PUT',
    path: '/nodes/{node}/qemu/{vmid}/unlink',
    isForwarded: true,
    handle: ({ params: { idlist = '', ...params }, ...call }) =>
      putConfig({ ...call, params: { ...params, delete: idlist } }),
  },
  {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/config',
    isForwarded: true,
    handle: postConfig,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/pending',
    handle: ({ cluster, node, vmid }) => pendingList(requireVm(cluster, node, vmid)),
  },
  {
    method: 'PUT',
    path: '/nodes/{node}/qemu/{vmid}/resize',
    isForwarded: true,
    handle: (call) => {
      checkSkipLock(call);
      const { disk = '', size = '', digest = null, skiplock } = call.params;
      return startTask(call, 'resize', call.vmid, { disk, size, digest, skiplock: skiplock === 1 });
    },
  },
];
