import { proxmox } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import type { OperationInput } from '../contract/temporal.ts';

/** Gives a server the size of another plan; the record follows when all is done, its disk as soon as that has grown. */
export async function resizeServer(input: OperationInput): Promise<void> {
  await runOperation(input, async (run) => {
    const { claim, serverName } = run;
    await run.step(
      'check',
      (claim) => proxmox(`is there room for ${serverName}?`).checkResize(claim),
      (it) => it,
    );
    run.onUndo(() =>
      proxmox(`undo: processors and memory of ${serverName} as they were`).restoreVmSize(claim),
    );
    await run.step(
      'disk',
      (claim) => proxmox(`grow the disk of ${serverName}`).resizeDisk(claim),
      (it) => it,
    );
    await run.step(
      'configure',
      (claim) => proxmox(`processors and memory of ${serverName}`).setVmSize(claim),
      (it) => it,
    );
  });
}
