import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { serverWorkflowId } from '../contract/temporal.ts';
import type { Temporal } from './deps.ts';
import { withinDeadline } from './start-operation.ts';

/**
 * Tells the operation's workflow something, when it runs: the server's workflow id may by now stand for a later operation,
 * which is left alone. Rejects when Temporal cannot be reached.
 */
export async function tellWorkflow(
  temporal: Temporal,
  { operationId, serverId }: { operationId: string; serverId: string },
  tell: (handle: WorkflowHandle) => Promise<unknown>,
): Promise<void> {
  await withinDeadline(temporal, async () => {
    try {
      const workflowId = serverWorkflowId(serverId);
      const { memo, runId } = await temporal.workflow.getHandle(workflowId).describe();
      if (memo?.['operationId'] === operationId) await tell(temporal.workflow.getHandle(workflowId, runId));
    } catch (err) {
      if (!(err instanceof WorkflowNotFoundError)) throw err;
    }
  });
}
