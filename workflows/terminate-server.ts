import { sleep } from '@temporalio/workflow';
import { database, proxmox } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import type { OperationInput } from '../contract/temporal.ts';
import { tell } from '../contract/sayings.ts';

/**
 * Removes a server in whatever state it is. Until the disks are erased it can be cancelled, which gives the server back;
 * where there is a VM, it waits for `destroyAfter` with that, powered off.
 */
export async function terminateServer(input: OperationInput): Promise<void> {
  await runOperation(input, async (run) => {
    const { claim, serverName } = run;
    const { destroyAfter } = run.params;
    run.onUndo(() => proxmox(`undo: power of ${serverName} as it was`).restorePower(claim));
    const stopped = await run.step(
      'stop',
      (claim) => proxmox(`power off ${serverName}`).stopForRemoval(claim),
      (it) => it,
    );
    if (!destroyAfter) run.leaveOut('grace', tell('no_grace'));
    else if (!stopped.isKept) run.leaveOut('grace', tell('nothing_to_give_back'));
    else {
      const until = `${destroyAfter.slice(0, 16).replace('T', ' ')} UTC`;
      await run.wait(
        'grace',
        () => sleep(Math.max(0, Date.parse(destroyAfter) - Date.now())),
        tell('kept_until', { until }),
        tell('was_kept_until', { until }),
      );
    }
    await run.step('destroy', (claim) => proxmox(`delete the VM of ${serverName}`).destroyVm(claim));
    await run.step('release', (claim) => database('give back VM id and addresses').releaseLeases(claim));
  });
}
