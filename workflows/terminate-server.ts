import { CancellationScope } from '@temporalio/workflow';
import { database, proxmox } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import type { OperationInput } from '../contract/temporal.ts';

/** Removes a server in whatever state it is. Once begun it only goes forward: half a deletion helps nobody. */
export async function terminateServer(input: OperationInput): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    runOperation(input, async (run) => {
      const { claim, serverName } = run;
      await run.step(
        'stop',
        () => proxmox(`power off ${serverName}`).stopForRemoval(claim),
        (it) => it.summary,
      );
      await run.step('destroy', () => proxmox(`delete the VM of ${serverName}`).destroyVm(claim));
      await run.step('release', () => database('give back VM id and addresses').releaseLeases(claim));
    }),
  );
}
