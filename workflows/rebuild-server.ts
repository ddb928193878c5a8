import { proxmox, proxmoxInLine } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import type { OperationInput } from '../contract/temporal.ts';
import { tell } from '../contract/sayings.ts';

/**
 * Builds a server anew from a template under its VM id, with its addresses, MAC address and size. Until the old disk is erased
 * it can be cancelled, which gives the server back; from then on it only goes forward.
 */
export async function rebuildServer(input: OperationInput): Promise<void> {
  await runOperation(input, async (run) => {
    const { claim, serverName } = run;
    const { template, vm, vmSaid } = await run.step(
      'check',
      (claim) => proxmox(`can ${serverName} be rebuilt?`).checkRebuild(claim),
      (it) => it,
    );
    run.onUndo(() => proxmox(`undo: power of ${serverName} as it was`).restorePower(claim));
    await run.step(
      'stop',
      (claim) => proxmox(`power off ${serverName}`).stopForRemoval(claim),
      (it) => it,
    );
    await run.step('destroy', (claim) => proxmox(`delete the old ${vm}`).destroyVm(claim));
    await run.step(
      'clone',
      (claim) => proxmoxInLine(`clone ${template} to ${vm}`).cloneTemplate(claim),
      () => tell('copied_to', { template, vm: vmSaid ?? vm }),
    );
    await run.step('configure', (claim) => proxmox(`configure ${vm}`).configureVm(claim));
    await run.step(
      'resize',
      (claim) => proxmox(`grow the disk of ${vm}`).resizeDisk(claim),
      (it) => it,
    );
    await run.step('start', (claim) => proxmoxInLine(`start ${vm}`).startVm(claim));
    await run.step(
      'ready',
      (claim) => proxmox(`wait until ${vm} answers`).waitUntilReady(claim),
      (it) => it,
    );
  });
}
