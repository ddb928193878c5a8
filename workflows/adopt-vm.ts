import { database, proxmox } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import type { OperationInput } from '../contract/temporal.ts';

/** Binds a VM that was there before to a server; when it cannot, the VM is left as it was found. */
export async function adoptVm(input: OperationInput): Promise<void> {
  await runOperation(input, async (run) => {
    const { claim, serverName } = run;
    const vm = `VM ${run.params.adoption?.vmid}`;
    run.onUndo(() => database('undo: give back VM id and addresses').releaseLeases(claim));
    await run.step(
      'inspect',
      (claim) => proxmox(`is ${vm} as it was shown?`).inspectAdoption(claim),
      (it) => it,
    );
    await run.step(
      'lease',
      (claim) => database(`take ${vm} for ${serverName}`).leaseAdopted(claim),
      (it) => it,
    );
    run.onUndo(() => proxmox(`undo: remove the marker from ${vm}`).unmarkVm(claim));
    await run.step('mark', (claim) => proxmox(`mark ${vm}`).markVm(claim));
  });
}
