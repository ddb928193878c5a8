import { upsertSearchAttributes } from '@temporalio/workflow';
import { NODE } from './search-attributes.ts';
import { database, proxmox, proxmoxInLine } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import type { OperationInput } from '../contract/temporal.ts';
import { say, tell } from '../contract/sayings.ts';

/** Builds a server from its template and waits until it answers; leaves nothing behind when it cannot. */
export async function provisionServer(input: OperationInput): Promise<void> {
  await runOperation(input, async (run) => {
    const { claim } = run;
    run.onUndo(() => database('undo: give back VM id and addresses').releaseLeases(claim));
    const place = await run.step(
      'place',
      (claim) => database(`choose a node for ${run.serverName}`).placeServer(claim),
      ({ node, reason, reasonSaid }) => tell('placed', { node, reason: reasonSaid ?? reason }),
    );
    upsertSearchAttributes([{ key: NODE, value: place.node }]);

    const lease = await run.step(
      'lease',
      (claim) => proxmox(`a free VM id for ${run.serverName}`).leaseVmid(claim),
      (it) => ({ summary: [`VM ${it.vmid}`, ...it.addresses].join(', ') }),
    );
    const vm = `VM ${lease.vmid} on ${place.node}`;

    run.onUndo(() => proxmox(`undo: remove ${vm}`).destroyVm(claim));
    const clone = `clone ${place.template} (${place.templateVmid}) to ${vm}`;
    await run.step(
      'clone',
      (claim) => proxmoxInLine(clone).cloneTemplate(claim),
      () =>
        tell('copied_to', {
          template: place.template,
          vm: say('vm_on', { vmid: lease.vmid, node: place.node }),
        }),
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
