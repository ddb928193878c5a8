import type { Deps } from './deps.ts';
import { bootDisk } from './boot-disk.ts';
import { finalFailure } from './failures.ts';
import { runTask } from './run-task.ts';
import { loadVm, requireOurVm, type FoundVm, type VmContext } from './vm-context.ts';
import { Operation } from '../db/models/operation.ts';
import { Server } from '../db/models/server.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import { say, tell, type Told } from '../contract/sayings.ts';

export function createResizeDisk(deps: Deps) {
  /** Grows the boot disk to the plan's size; never shrinks. The size is absolute, so a repeat does not grow it twice. */
  return async function resizeDisk(claim: OperationClaim): Promise<Told> {
    const vm = await loadVm(deps, claim);
    const { target, former } = vm.operation.params;
    if (target && former && target.diskGib <= former.diskGib) return tell('disk_kept');
    const found = await requireOurVm(vm);
    const { node, vmid, config } = found;
    const disk = bootDisk(config.values);
    if (!disk) throw finalFailure('volume_missing', say('no_boot_disk', { vmid }));
    const diskGib = target?.diskGib ?? vm.server.diskGib;
    if (disk.sizeGib >= diskGib) {
      await recordDisk(deps, vm, found);
      return tell('disk_has', { disk: disk.key, gib: disk.sizeGib });
    }
    await runTask(deps, vm, {
      step: target ? 'disk' : 'resize',
      node,
      type: 'resize',
      vmid,
      start: () => vm.proxmox.resizeDisk(node, vmid, disk.key, `${diskGib}G`),
    });
    await recordDisk(deps, vm, await requireOurVm(vm));
    return tell('disk_grown', { disk: disk.key, gib: diskGib });
  };
}

/** Keeps the record true: a disk that has grown stays so, whatever becomes of the operation. */
export async function recordDisk(
  { database }: Deps,
  { claim: { operationId, serverId, fence } }: VmContext,
  { config }: FoundVm,
): Promise<void> {
  const disk = bootDisk(config.values);
  if (!disk) return;
  await Server.query(database)
    .findById(serverId)
    .patch({ diskGib: Math.floor(disk.sizeGib) })
    .whereExists(Operation.query(database).where({ id: operationId, fence, status: 'running' }));
}
