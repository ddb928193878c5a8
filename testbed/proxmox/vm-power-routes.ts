import { badParameters, refuse } from './api-error.ts';
import { requireVm } from './cluster.ts';
import type { Guest, Vm } from './cluster-state.ts';
import { currentStatus } from './guests.ts';
import { askHa, haStatus, isHaManaged } from './ha-manager.ts';
import { requireAll } from './permissions.ts';
import { stateStorage } from './ram-state.ts';
import type { Call, Route } from './route.ts';
import { checkSkipLock, startTask } from './route.ts';
import { requireImageStorage } from './volumes.ts';

/** Reboot, reset, suspend and resume look before they answer; the others fail in their task. */
function requireRunning({ cluster, node, vmid }: Call): Vm & { guest: Guest } {
  const vm = requireVm(cluster, node, vmid);
  if (!vm.guest) throw refuse(`VM ${vmid} not running`);
  return { ...vm, guest: vm.guest };
}

/** A VM that was suspended to disk is resumed by being started. */
function requireSomethingToResume(call: Call): void {
  if (requireVm(call.cluster, call.node, call.vmid).config.lock !== 'suspended') requireRunning(call);
}

/** Suspends to RAM, or to disk, which takes space there. */
function suspend(call: Call): string {
  const { cluster, vmid, params, caller } = call;
  checkSkipLock(call);
  const vm = requireRunning(call);
  if (params.todisk && isHaManaged(cluster, vmid)) throw refuse('Cannot suspend HA managed VM to disk');
  if (!params.todisk) return startTask(call, 'qmpause', vmid, { skiplock: params.skiplock ?? null });
  const storage = String(params.statestorage ?? stateStorage(cluster, vm));
  requireAll(cluster.state, caller.user, `/vms/${vmid}`, ['VM.Config.Disk']);
  requireAll(cluster.state, caller.user, `/storage/${storage}`, ['Datastore.AllocateSpace']);
  requireImageStorage(cluster, vm.node, storage);
  return startTask(call, 'qmsuspend', vmid, {
    statestorage: params.statestorage ?? null,
    skiplock: params.skiplock ?? null,
  });
}

/** Of a VM that high availability looks after, these are wishes only; a reboot or a reset goes past it. */
function askManager(call: Call, action: string): string | undefined {
  const { params } = call;
  if (action === 'start') return askHa(call, 'hastart', {});
  if (action === 'shutdown') return askHa(call, 'hastop', { timeout: params.timeout ?? 60 });
  if (action !== 'stop') return undefined;
  if (params['overrule-shutdown'] && isHaManaged(call.cluster, call.vmid))
    throw badParameters({ 'overrule-shutdown': 'not applicable for HA resources' });
  return askHa(call, 'hastop', { timeout: 0 });
}

function power(action: string, type: string, check?: (call: Call) => void): Route {
  return {
    method: 'POST',
    path: `/nodes/{node}/qemu/{vmid}/status/${action}`,
    isForwarded: true,
    handle: (call) => {
      checkSkipLock(call);
      check?.(call);
      const { node: _node, vmid: _vmid, ...args } = call.params;
      return askManager(call, action) ?? startTask(call, type, call.vmid, args);
    },
  };
}

/** /nodes/{node}/qemu/{vmid}/status. */
export const vmPowerRoutes: Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/status',
    handle: () =>
      ['current', 'start', 'stop', 'reset', 'shutdown', 'suspend', 'reboot'].map((subdir) => ({ subdir })),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/status/current',
    isForwarded: true,
    handle: ({ cluster, node, vmid }) => ({
      ...currentStatus(requireVm(cluster, node, vmid), cluster.clock.now()),
      ha: haStatus(cluster, vmid),
    }),
  },
  power('start', 'qmstart'),
  power('stop', 'qmstop'),
  power('shutdown', 'qmshutdown', ({ cluster, node, vmid, params }) => {
    const paused = cluster.state.vms[vmid]?.node === node && cluster.state.vms[vmid].guest?.paused;
    if (paused && !params.forceStop) throw refuse('VM is paused - cannot shutdown');
  }),
  power('reboot', 'qmreboot', (call) => {
    if (requireRunning(call).guest.paused) throw refuse('VM is paused - cannot shutdown');
  }),
  power('reset', 'qmreset', requireRunning),
  {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/status/suspend',
    isForwarded: true,
    handle: suspend,
  },
  power('resume', 'qmresume', requireSomethingToResume),
];
