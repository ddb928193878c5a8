import type { Deps } from './deps.ts';
import { shutDown, start } from './power-vm.ts';
import { rememberPower } from './restore-power.ts';
import { startsWithNode, switchOnboot } from './switch-onboot.ts';
import { loadVm, requireOurVm } from './vm-context.ts';
import type { OperationClaim } from '../contract/temporal.ts';

export function createBlockVm(deps: Deps) {
  /** Notes what the VM was like, and keeps it from starting with its node. */
  return async function blockVm(claim: OperationClaim): Promise<{ summary: string }> {
    const vm = await loadVm(deps, claim);
    const found = await requireOurVm(vm);
    await rememberPower(deps, vm, found);
    await switchOnboot(deps, vm, found, false);
    const { powerBefore, onbootBefore } = vm.operation.params;
    return { summary: `was ${powerBefore}; ${onbootBefore ? 'started' : 'did not start'} with its node` };
  };
}

export function createShutDownBlockedVm(deps: Deps) {
  /**
   * Shuts the guest down, and powers off when it takes too long. A cancel leaves the task alone: a guest that has heard of
   * it goes down anyway, and undoing waits for that.
   */
  return async function shutDownBlockedVm(claim: OperationClaim): Promise<{ summary: string }> {
    const vm = await loadVm(deps, claim);
    return { summary: await shutDown(deps, vm, await requireOurVm(vm), { stopOnCancel: false }) };
  };
}

export function createUnblockVm(deps: Deps) {
  /** Lets the VM start with its node again, if it did; one that Berth did not suspend stays as it is. */
  return async function unblockVm(claim: OperationClaim): Promise<{ summary: string }> {
    const vm = await loadVm(deps, claim);
    const found = await requireOurVm(vm);
    await rememberPower(deps, vm, found);
    const isWanted = vm.server.onbootBeforeSuspend ?? startsWithNode(found);
    await switchOnboot(deps, vm, found, isWanted);
    return { summary: isWanted ? 'starts with its node' : 'does not start with its node, as before' };
  };
}

export function createStartUnblockedVm(deps: Deps) {
  /** Starts the VM unless it was stopped when it was suspended; one whose state then is not known is started. */
  return async function startUnblockedVm(claim: OperationClaim): Promise<{ summary: string }> {
    const vm = await loadVm(deps, claim);
    if (vm.server.powerBeforeSuspend === 'stopped')
      return { summary: 'was stopped when it was suspended, and is left as it is' };
    return { summary: await start(deps, vm, await requireOurVm(vm)) };
  };
}
