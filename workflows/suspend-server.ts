import { proxmox } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import type { OperationInput } from '../contract/temporal.ts';

/** Shuts a server down and keeps it down. First it is kept from starting with its node, so that nothing brings it back. */
export async function suspendServer(input: OperationInput): Promise<void> {
  await runOperation(input, async (run) => {
    const { claim, serverName } = run;
    run.onUndo(() => proxmox(`undo: ${serverName} as it was`).restorePower(claim));
    await run.step(
      'block',
      (claim) => proxmox(`keep ${serverName} from starting with its node`).blockVm(claim),
      (it) => it,
    );
    await run.step(
      'shutdown',
      (claim) => proxmox(`shut down ${serverName}, or power it off`).shutDownBlockedVm(claim),
      (it) => it,
    );
  });
}
