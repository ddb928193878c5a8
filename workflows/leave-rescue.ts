import { proxmox } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import type { OperationInput } from '../contract/temporal.ts';

/** Takes the rescue medium out of a server and boots it from its disk again. */
export async function leaveRescue(input: OperationInput): Promise<void> {
  await runOperation(input, async (run) => {
    const { serverName } = run;
    await run.step('detach', (claim) =>
      proxmox(`take the rescue medium out of ${serverName}`).removeRescue(claim),
    );
    await run.step(
      'restart',
      (claim) => proxmox(`restart ${serverName} from its disk`).restartVm(claim),
      (it) => it,
    );
  });
}
