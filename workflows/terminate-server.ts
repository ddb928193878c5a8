import { database, proxmox } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import type { OperationInput } from '../contract/temporal.ts';

/** Removes a server in whatever state it is. Until the disks are erased it can be cancelled, which gives the server back. */
export async function terminateServer(input: OperationInput): Promise<void> {
  await runOperation(input, async (run) => {
    const { claim, serverName } = run;
    run.onUndo(() => proxmox(`undo: power of ${serverName} as it was`).restorePower(claim));
    await run.step(
      'stop',
      () => proxmox(`power off ${serverName}`).stopForRemoval(claim),
      (it) => it.summary,
    );
    await run.step('destroy', () => proxmox(`delete the VM of ${serverName}`).destroyVm(claim));
    await run.step('release', () => database('give back VM id and addresses').releaseLeases(claim));
  });
}
