import { proxmox } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import type { OperationInput } from '../contract/temporal.ts';

/** Boots a server from the rescue medium of its cluster; cancelled or rolled back, it boots from its disk again. */
export async function rescueServer(input: OperationInput): Promise<void> {
  await runOperation(input, async (run) => {
    const { claim, serverName } = run;
    run.onUndo(() => proxmox(`undo: boot ${serverName} from its disk`).undoRescue(claim));
    await run.step(
      'attach',
      (claim) => proxmox(`insert the rescue medium into ${serverName}`).insertRescue(claim),
      (it) => it,
    );
    await run.step(
      'restart',
      (claim) => proxmox(`restart ${serverName} from it`).restartVm(claim),
      (it) => it,
    );
  });
}
