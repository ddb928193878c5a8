import { upsertSearchAttributes } from '@temporalio/workflow';
import { proxmox } from './proxies.ts';
import { runOperation } from './run-operation.ts';
import { NODE } from './search-attributes.ts';
import type { OperationInput } from '../contract/temporal.ts';

/** Moves a server to another node; however it ends, its record says where the VM is. */
export async function migrateServer(input: OperationInput): Promise<void> {
  await runOperation(input, async (run) => {
    const { claim, serverName } = run;
    const { targetNode = 'another node' } = run.params;
    run.onUndo(() => proxmox(`undo: see where ${serverName} is`).settleMove(claim));
    await run.step(
      'check',
      (claim) => proxmox(`what keeps ${serverName} from moving to ${targetNode}?`).checkMigration(claim),
      (it) => it,
    );
    await run.step(
      'move',
      (claim) => proxmox(`move ${serverName} to ${targetNode}`).moveVm(claim),
      (it) => it,
    );
    await run.step(
      'verify',
      (claim) => proxmox(`see that ${serverName} is on ${targetNode}`).verifyMove(claim),
      (it) => it,
    );
    upsertSearchAttributes([{ key: NODE, value: targetNode }]);
  });
}
