import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Deps } from './deps.ts';
import { start, stop } from './power-vm.ts';
import { ownerOf } from './run-task.ts';
import { switchOnboot } from './switch-onboot.ts';
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
  /**
   * Gives the VM the power state it had before the operation, and whether it starts with its node; nothing to do where
   * that was never noted.
   */
  return async function restorePower(claim: OperationClaim): Promise<void> {
    const vm = await loadVm(deps, claim);
    const { powerBefore, onbootBefore } = vm.operation.params;
    const found = await findVm(vm);
    if (!found?.isOurs || found.isHalfBuilt) return;
    if (onbootBefore !== undefined) await switchOnboot(deps, vm, found, onbootBefore);
    await waitForOurTasks(vm, found);
    if (powerBefore === 'running') await start(deps, vm, found);
    if (powerBefore === 'stopped') await stop(deps, vm, found);
  };
}

/** A task that a cancel has left alone, such as a guest's shutting down, would have the last word: it ends first. */
async function waitForOurTasks(
  { proxmox, tasks, server }: VmContext,
  { node, vmid }: FoundVm,
): Promise<void> {
  const active = await proxmox.findTasks(node, { vmid, source: 'active' });
  for (const task of active.filter((one) => ownerOf(one) === server.cluster?.tokenId))
    await tasks.wait(task.upid, { signal: cancellationSignal(), onPoll: heartbeat });
}
