import type { Deps } from './deps.ts';
import { powerSaid } from './power-said.ts';
import { shutDown, start } from './power-vm.ts';
import { rememberPower } from './restore-power.ts';
import { startsWithNode, switchOnboot } from './switch-onboot.ts';
import { loadVm, requireOurVm } from './vm-context.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import { tell, told, type Told } from '../contract/sayings.ts';

export function createBlockVm(deps: Deps) {
  /** Notes what the VM was like, and keeps it from starting with its node. */
  return async function blockVm(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    const found = await requireOurVm(vm);
    await rememberPower(deps, vm, found);
    await switchOnboot(deps, vm, found, false);
    const { powerBefore, onbootBefore } = vm.operation.params;
    const power = powerSaid(powerBefore ?? 'unknown');
    return tell(onbootBefore ? 'blocked' : 'blocked_unstarted', { power });
  };
}

export function createShutDownBlockedVm(deps: Deps) {
  /**
   * Shuts the guest down, and powers off when it takes too long. A cancel leaves the task alone: a guest that has heard of
   * it goes down anyway, and undoing waits for that.
   */
  return async function shutDownBlockedVm(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    return told(await shutDown(deps, vm, await requireOurVm(vm), { stopOnCancel: false }));
  };
}

export function createUnblockVm(deps: Deps) {
  /** Lets the VM start with its node again, if it did; one that Berth did not suspend stays as it is. */
  return async function unblockVm(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    const found = await requireOurVm(vm);
    await rememberPower(deps, vm, found);
    const isWanted = vm.server.onbootBeforeSuspend ?? startsWithNode(found);
    await switchOnboot(deps, vm, found, isWanted);
    return tell(isWanted ? 'starts_with_node' : 'starts_not_with_node');
  };
}

export function createStartUnblockedVm(deps: Deps) {
  /** Starts the VM unless it was stopped when it was suspended; one whose state then is not known is started. */
  return async function startUnblockedVm(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    if (vm.server.powerBeforeSuspend === 'stopped') return tell('left_stopped');
    return told(await start(deps, vm, await requireOurVm(vm)));
  };
}
