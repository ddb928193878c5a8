import { proxmox } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import type { OperationInput } from '../contract/temporal.ts';

/** Gives a suspended server back as it was before. */
export async function unsuspendServer(input: OperationInput): Promise<void> {
  await runOperation(input, async (run) => {
    const { claim, serverName } = run;
    run.onUndo(() => proxmox(`undo: ${serverName} as it was`).restorePower(claim));
    await run.step(
      'unblock',
      (claim) => proxmox(`let ${serverName} start with its node`).unblockVm(claim),
      (it) => it,
    );
    await run.step(
      'start',
      (claim) => proxmox(`start ${serverName}, if it ran before`).startUnblockedVm(claim),
      (it) => it,
    );
  });
}
