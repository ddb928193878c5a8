import { patched } from '@temporalio/workflow';
import { provisionServerWith } from './provision-server.ts';
import { database, proxmox } from '../../workflows/proxies.ts';
import { runOperation } from '../../workflows/run-operation.ts';
import type { OperationInput } from '../../contract/temporal.ts';

/** A later version whose change is marked, as it has to be. */
export * from '../../workflows/index.ts';

export const provisionServer = provisionServerWith(() => patched('configure-again'));

export async function terminateServer(input: OperationInput): Promise<void> {
  await runOperation(input, async (run) => {
    const erase = () => proxmox('erase').destroyVm(run.claim);
    await run.step('destroy', erase, undefined, 'Erasing its disks: there is no way back');
    await run.step('release', () => database('release').releaseLeases(run.claim));
  });
}
