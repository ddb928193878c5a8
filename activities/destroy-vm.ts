import { raw } from 'objection';
import type { Deps } from './deps.ts';
import { finalFailure, passingFailure } from './failures.ts';
import { stop } from './power-vm.ts';
import { rememberPower } from './restore-power.ts';
import { isMissing, runTask } from './run-task.ts';
import { removeSnippet } from './snippet.ts';
import { switchOnboot } from './switch-onboot.ts';
import {
  findVm,
  isBuiltBy,
  loadVm,
  observePower,
  requireStep,
  type FoundVm,
  type VmContext,
} from './vm-context.ts';
import { OperationTask } from '../db/models/operation-task.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import { say, tell, told, type Told } from '../contract/sayings.ts';

export function createStopForRemoval(deps: Deps) {
  /**
   * Powers off what is to be deleted, and keeps it off when it is kept for a while; nothing to do when it is half built,
   * somebody else's or not there. `isKept`: there is something to give back.
   */
  return async function stopForRemoval(claim: OperationClaim): Promise<Told & { isKept: boolean }> {
    const vm = await loadVm(deps, claim);
    const found = await findVm(vm);
    await requireOldVm(deps, vm, 'stop');
    if (!found) return { ...tell('no_vm'), isKept: false };
    if (!found.isOurs) return { ...tell('foreign_vm', { vmid: found.vmid }), isKept: false };
    if (found.config.values['protection'] === '1')
      throw finalFailure('vm_protected', say('vm_protected', { vmid: found.vmid }));
    if (found.isHalfBuilt) return { ...tell('half_built'), isKept: false };
    await rememberPower(deps, vm, found);
    if (vm.operation.params.destroyAfter) await switchOnboot(deps, vm, found, false);
    return { ...told(await stop(deps, vm, found)), isKept: true };
  };
}

export function createDestroyVm(deps: Deps) {
  /**
   * Deletes the VM with its disks, its user data and, unless it is rebuilt, its backup-job and HA entries, from any state:
   * running, half cloned, locked for a while, or already gone. Ends well when there is nothing of ours to delete.
   */
  return async function destroyVm(claim: OperationClaim): Promise<void> {
    const vm = await loadVm(deps, claim);
    await requireOldVm(deps, vm, 'destroy');
    await endUnfinishedTasks(deps, vm);
    const found = await findVm(vm);
    if (found && isBuiltBy(found.config, claim.operationId)) return;
    if (found?.isOurs) await destroy(deps, vm, found);
    await requireOldVm(deps, vm, 'destroy');
    await removeSnippet(vm.server);
  };
}

async function destroy(deps: Deps, vm: VmContext, found: FoundVm): Promise<void> {
  const { node, vmid } = found;
  // What is rebuilt keeps its id, and with it its place in backup jobs.
  const purge = vm.operation.type !== 'rebuild';
  // Disks that the VM does not name are told by its id alone, which outside Berth's range another cluster on the same
  // storage may use too.
  const isAllOurs = vm.server.vmIdentity === null;
  if (!found.isHalfBuilt && (await observePower(deps, vm, found)) !== 'stopped') {
    await requireOldVm(deps, vm, 'destroy');
    await stop(deps, vm, found);
  }
  try {
    await runTask(deps, vm, {
      step: 'destroy',
      node,
      type: 'qmdestroy',
      vmid,
      start: async () => {
        await requireOldVm(deps, vm, 'destroy');
        return vm.proxmox.deleteVm(node, vmid, { purge, destroyUnreferencedDisks: isAllOurs });
      },
    });
  } catch (err) {
    if (!isMissing(err)) throw err;
  }
  if ((await findVm(vm))?.isOurs) throw passingFailure('task_failed', say('still_there', { vmid }));
}

/**
 * A rebuild puts a new VM under the old id, which a worker that was frozen at an earlier step must neither stop nor delete. If it
 * is frozen between this look and its call, Proxmox still refuses to delete a VM that is being copied or runs.
 */
async function requireOldVm(
  deps: Deps,
  { claim, operation }: VmContext,
  step: 'stop' | 'destroy',
): Promise<void> {
  if (operation.type === 'rebuild') await requireStep(deps, claim, step);
}

/** What this server's operations still have running on Proxmox (a clone, above all) is stopped and waited for. */
async function endUnfinishedTasks({ database }: Deps, { server, proxmox, tasks }: VmContext): Promise<void> {
  const unfinished = await OperationTask.query(database)
    .whereNull('operation_tasks.finishedAt')
    .whereNot('operation_tasks.step', 'destroy')
    .whereIn('operationId', database('operations').select('id').where('server_id', server.id));
  for (const { operationId, step, upid } of unfinished) {
    let exitStatus: string | null = null;
    try {
      await proxmox.stopTask(upid);
      ({ exitStatus } = await tasks.wait(upid, { signal: AbortSignal.timeout(30_000) }));
    } catch (err) {
      // A node forgets old tasks; one it does not know does not run.
      if (!isMissing(err)) throw err;
    }
    await OperationTask.query(database)
      .findById([operationId, step])
      .patch({ exitStatus, finishedAt: raw('now()') });
  }
}
