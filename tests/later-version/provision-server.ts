import { upsertSearchAttributes } from '@temporalio/workflow';
import { database, proxmox, proxmoxInLine } from '../../workflows/proxies.ts';
import { runOperation } from '../../workflows/run-operation.ts';
import { NODE } from '../../workflows/search-attributes.ts';
import type { OperationInput } from '../../contract/temporal.ts';

/** `provisionServer` as a later version may have it: where `isChanged`, it configures the VM once more before it starts it. */
export const provisionServerWith =
  (isChanged: () => boolean) =>
  async (input: OperationInput): Promise<void> => {
    await runOperation(input, async (run) => {
      const { claim } = run;
      run.onUndo(() => database('undo: leases').releaseLeases(claim));
      const { node } = await run.step('place', (claim) => database('place').placeServer(claim));
      upsertSearchAttributes([{ key: NODE, value: node }]);
      await run.step('lease', (claim) => proxmox('lease').leaseVmid(claim));
      run.onUndo(() => proxmox('undo: VM').destroyVm(claim));
      await run.step('clone', (claim) => proxmoxInLine('clone').cloneTemplate(claim));
      await run.step('configure', (claim) => proxmox('configure').configureVm(claim));
      await run.step('resize', (claim) => proxmox('resize').resizeDisk(claim));
      await run.step('start', async (claim) => {
        if (isChanged()) await proxmox('configure again').configureVm(claim);
        await proxmoxInLine('start').startVm(claim);
      });
      await run.step('ready', (claim) => proxmox('ready').waitUntilReady(claim));
    });
  };
