import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { setTimeout as delay } from 'node:timers/promises';
import { awaitHa } from './await-ha.ts';
import type { Deps } from './deps.ts';
import { finalFailure, passingFailure } from './failures.ts';
import { powerSaid } from './power-said.ts';
import { noteRestartNeeded } from './restart-needed.ts';
import { runTask, type TaskRequest } from './run-task.ts';
import {
  loadVm,
  observePower,
  observeVm,
  requireOurVm,
  type FoundVm,
  type ObservedVm,
  type VmContext,
} from './vm-context.ts';
import { withSlot } from './with-slot.ts';
import { ProxmoxError } from '../proxmox/errors.ts';
import type { PowerAction } from '../contract/servers.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import type { Said } from '../contract/said.ts';
import { say, told, type Told } from '../contract/sayings.ts';

const DEFAULT_TIMEOUT_S = 60;

export function createStartVm(deps: Deps) {
  /** Starts the VM of a server that is being built, when it is its turn on the node; what people start waits for none. */
  return async function startVm(claim: OperationClaim): Promise<void> {
    const vm = await loadVm(deps, claim);
    const { node } = await requireOurVm(vm);
    await withSlot(deps, vm, { step: 'start', resource: 'node', name: node }, async () => {
      await start(deps, vm, await requireOurVm(vm));
    });
  };
}

export function createPowerVm(deps: Deps) {
  /** Carries out a power action and returns only when Proxmox shows the wanted state. */
  return async function powerVm(input: OperationClaim & { action: PowerAction }): Promise<Told> {
    const vm = await loadVm(deps, input);
    const found = await requireOurVm(vm);
    switch (input.action) {
      case 'start':
        return told(await start(deps, vm, found));
      case 'shutdown':
        return told(await shutDown(deps, vm, found, { stopOnCancel: true }));
      case 'stop':
        return told(await stop(deps, vm, found));
      case 'reboot':
        return told(await reboot(deps, vm, found));
      case 'reset':
        return told(await reset(deps, vm, found));
    }
  };
}

const taskOf = ({ node, vmid }: FoundVm, step: string, type: string) => ({ node, vmid, step, type });

/** Starts the VM; fine when it runs already. */
export async function start(deps: Deps, vm: VmContext, found: FoundVm): Promise<Said> {
  const { power, haState } = await observeSettled(deps, vm, found, 'running');
  if (power === 'running') {
    await lookForRestart(deps, vm, found);
    return say('was_running');
  }
  try {
    await runTask(deps, vm, {
      ...taskOf(found, 'start', haState === null ? 'qmstart' : 'hastart'),
      start: () => vm.proxmox.start(found.node, found.vmid),
    });
  } catch (err) {
    // "Already running" is what was wanted, whoever did it.
    if (!(err instanceof ProxmoxError) || !err.reason.includes('already running')) throw err;
  }
  const started = await expectPower(deps, vm, found, { wanted: 'running', haState });
  await lookForRestart(deps, vm, started);
  return say('running');
}

/** High availability starts a stopped VM again that it was not told to stop. */
const staysStopped = ({ power, haState }: ObservedVm): boolean =>
  power === 'stopped' && (haState === null || haState === 'stopped' || haState === 'error');

/** What one VM may have had in a few minutes. */
const TASKS_LOOKED_AT = 100;

/**
 * The state of the VM, which may be the wanted one only for now: high availability follows in its next round what it was
 * told last, and drops what is asked of it in between. That is waited for.
 */
async function observeSettled(
  deps: Deps,
  vm: VmContext,
  found: FoundVm,
  wanted: 'running' | 'stopped',
): Promise<ObservedVm> {
  const observed = await observeVm(deps, vm, found);
  const isSo = (now: ObservedVm, state: typeof wanted): boolean =>
    state === 'running' ? now.power === 'running' : staysStopped(now);
  if (observed.haState === null || observed.haState === 'error' || !isSo(observed, wanted)) return observed;
  const lastTold = await lastToldToHa(deps, vm, found);
  if (lastTold === null || lastTold === wanted) return observed;
  const what = say(lastTold === 'running' ? 'have_it_run' : 'have_it_stopped');
  let now = observed;
  await awaitHa(deps, vm, { what, extraMs: DEFAULT_TIMEOUT_S * 1_000 }, (_found, latest) => {
    now = latest;
    return latest.haState === null || latest.haState === 'error' || isSo(latest, lastTold)
      ? 'done'
      : 'not yet';
  });
  return now;
}

/** What high availability was told last to make of the VM, unless it must have done so by now. */
async function lastToldToHa(
  { timing }: Deps,
  { proxmox }: VmContext,
  { node, vmid }: FoundVm,
): Promise<'running' | 'stopped' | null> {
  const ageS = timing.haTimeoutMs / 1_000 + DEFAULT_TIMEOUT_S;
  const since = Math.floor((await proxmox.nodeTime(node)) - ageS);
  const tasks = await proxmox.findTasks(node, { vmid, since, limit: TASKS_LOOKED_AT });
  const [last] = tasks
    .filter(({ type }) => type === 'hastart' || type === 'hastop')
    .toSorted((one, other) => other.starttime - one.starttime);
  return last ? (last.type === 'hastart' ? 'running' : 'stopped') : null;
}

/** Powers off at once; a shutdown that holds the VM's lock is overruled. */
export async function stop(deps: Deps, vm: VmContext, found: FoundVm): Promise<Said> {
  const observed = await observeSettled(deps, vm, found, 'stopped');
  if (staysStopped(observed)) return say('was_stopped');
  const { haState } = observed;
  await runTask(deps, vm, {
    ...taskOf(found, 'stop', haState === null ? 'qmstop' : 'hastop'),
    // High availability overrules by itself, and refuses to be told.
    start: () => vm.proxmox.stop(found.node, found.vmid, { overruleShutdown: haState === null }),
  });
  await expectPower(deps, vm, found, { wanted: 'stopped', haState });
  return say('stopped');
}

/** Asks the guest, and with `forceStop` powers off when it takes too long. */
export async function shutDown(
  deps: Deps,
  vm: VmContext,
  found: FoundVm,
  {
    stopOnCancel,
    forceStop = vm.operation.params.force ?? false,
  }: { stopOnCancel: boolean; forceStop?: boolean },
): Promise<Said> {
  const observed = await observeSettled(deps, vm, found, 'stopped');
  if (staysStopped(observed)) return say('was_stopped');
  const { haState } = observed;
  const { timeoutSeconds: timeout = DEFAULT_TIMEOUT_S } = vm.operation.params;
  await guestTask(deps, vm, {
    ...taskOf(found, 'shutdown', haState === null ? 'qmshutdown' : 'hastop'),
    start: () => vm.proxmox.shutdown(found.node, found.vmid, { timeout, forceStop }),
    stopOnCancel,
  });
  await expectPower(deps, vm, found, { wanted: 'stopped', haState, extraMs: timeout * 1_000 });
  if (haState !== null) return say('ha_stopped', { seconds: timeout });
  return say(forceStop ? 'stopped' : 'shut_down');
}

/** Proxmox ends the reboot task while the VM is still down and starts it in another one, so the task proves nothing. */
async function reboot(deps: Deps, vm: VmContext, found: FoundVm): Promise<Said> {
  const { timeoutSeconds: timeout = DEFAULT_TIMEOUT_S } = vm.operation.params;
  if (activityInfo().attempt === 1 && (await observePower(deps, vm, found)) === 'stopped') {
    return say('started_as_stopped', { how: await start(deps, vm, found) });
  }
  await guestTask(deps, vm, {
    ...taskOf(found, 'reboot', 'qmreboot'),
    start: () => vm.proxmox.reboot(found.node, found.vmid, { timeout }),
    stopOnCancel: true,
    leavesNoTrace: true,
  });
  const deadline = performance.now() + deps.timing.rebootGraceMs;
  while ((await observePower(deps, vm, found)) !== 'running') {
    if (performance.now() > deadline) return say('started_as_down', { how: await start(deps, vm, found) });
    heartbeat();
    await vm.tasks.turn(found.node, cancellationSignal());
    await delay(deps.timing.pollMs, undefined, { signal: cancellationSignal() });
  }
  await lookForRestart(deps, vm, found);
  return say('rebooted');
}

/** A cold start applies what waited for one; somebody may have done that on Proxmox, too. */
async function lookForRestart(deps: Deps, vm: VmContext, found: FoundVm): Promise<void> {
  if (vm.server.restartNeeded) await noteRestartNeeded(deps, vm, found);
}

async function reset(deps: Deps, vm: VmContext, found: FoundVm): Promise<Said> {
  await runTask(deps, vm, {
    ...taskOf(found, 'reset', 'qmreset'),
    start: () => vm.proxmox.reset(found.node, found.vmid),
    leavesNoTrace: true,
  });
  await expectPower(deps, vm, found, { wanted: 'running', haState: null });
  return say('was_reset');
}

/** A task that asks the guest: it may refuse, and then nothing is gained by asking again. */
async function guestTask(deps: Deps, vm: VmContext, request: TaskRequest): Promise<void> {
  try {
    await runTask(deps, vm, request);
  } catch (err) {
    if (!(err instanceof ProxmoxError) || !err.reason.includes('powerdown failed')) throw err;
    throw finalFailure('guest_did_not_shut_down', say('guest_goes_on'), err.reason);
  }
}

interface Expected extends Pick<ObservedVm, 'haState'> {
  wanted: 'running' | 'stopped';
  /** What the guest itself may take. */
  extraMs?: number;
}

/** Makes sure of the power state once the task has ended, or waits for it where that task was no more than a wish. */
async function expectPower(
  deps: Deps,
  vm: VmContext,
  found: FoundVm,
  { wanted, haState, extraMs = 0 }: Expected,
): Promise<FoundVm> {
  if (haState !== null) {
    const what = say(wanted === 'running' ? 'start_it' : 'stop_it');
    return awaitHa(deps, vm, { what, extraMs }, (_found, observed) =>
      (wanted === 'running' ? observed.power === 'running' : staysStopped(observed)) ? 'done' : 'not yet',
    );
  }
  const state = await observePower(deps, vm, found);
  if (state !== wanted)
    throw passingFailure(
      'task_failed',
      say('other_power', { power: powerSaid(state), wanted: powerSaid(wanted) }),
    );
  return found;
}
