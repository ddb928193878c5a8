import type { Deps } from './deps.ts';
import { start, stop } from './power-vm.ts';
import { findVm, loadVm, observePower, type FoundVm, type VmContext } from './vm-context.ts';
import { Operation } from '../db/models/operation.ts';
import type { OperationClaim } from '../contract/temporal.ts';

/** Notes on the operation whether the VM ran before it was touched; the first note stays. */
export async function rememberPower(deps: Deps, vm: VmContext, found: FoundVm): Promise<void> {
  if (vm.operation.params.powerBefore) return;
  const powerBefore = await observePower(deps, vm, found);
  const params = { ...vm.operation.params, powerBefore };
  await Operation.query(deps.database).findById(vm.operation.id).patch({ params });
  vm.operation.params = params;
}

export function createRestorePower(deps: Deps) {
  /** Gives the VM the power state it had before the operation; nothing to do where that was never noted. */
  return async function restorePower(claim: OperationClaim): Promise<void> {
    const vm = await loadVm(deps, claim);
    const { powerBefore } = vm.operation.params;
    const found = await findVm(vm);
    if (!found?.isOurs || found.isHalfBuilt) return;
    if (powerBefore === 'running') await start(deps, vm, found);
    if (powerBefore === 'stopped') await stop(deps, vm, found);
  };
}
