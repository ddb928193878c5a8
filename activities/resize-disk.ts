import type { Deps } from './deps.ts';
import { bootDisk } from './boot-disk.ts';
import { finalFailure } from './failures.ts';
import { runTask } from './run-task.ts';
import { loadVm, requireOurVm } from './vm-context.ts';
import type { OperationClaim } from '../contract/temporal.ts';

export function createResizeDisk(deps: Deps) {
  /** Grows the boot disk to the plan's size; never shrinks. The size is absolute, so a repeat does not grow it twice. */
  return async function resizeDisk(claim: OperationClaim): Promise<{ summary: string }> {
    const vm = await loadVm(deps, claim);
    const { node, vmid, config } = await requireOurVm(vm);
    const disk = bootDisk(config.values);
    if (!disk) throw finalFailure('template_missing', 'The template has no disk to boot from');
    const { diskGib } = vm.server;
    const summary = `${disk.key} to ${diskGib} GiB`;
    if (disk.sizeGib >= diskGib) return { summary: `${disk.key} has ${disk.sizeGib} GiB` };
    await runTask(deps, vm, {
      step: 'resize',
      node,
      type: 'resize',
      vmid,
      start: () => vm.proxmox.resizeDisk(node, vmid, disk.key, `${diskGib}G`),
    });
    return { summary };
  };
}
