import { randomUUID } from 'node:crypto';
import { ActivityFailure, ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import type { VmInspection } from '../contract/adoptions.ts';
import { taskQueues } from '../contract/temporal.ts';
import type { Deps } from './deps.ts';
import { ClusterUnreachable } from './errors.ts';
import { withinDeadline } from './start-operation.ts';
import type { inspectVm as inspectVmWorkflow } from '../workflows/inspect-vm.ts';

const DEADLINE_MS = 12_000;

/** Has a worker look at a VM and waits for it. Null when there is none; ClusterUnreachable when nobody could look in time. */
export async function inspectVm(
  { temporal, queuePrefix }: Pick<Deps, 'temporal' | 'queuePrefix'>,
  input: { clusterId: string; vmid: number },
): Promise<VmInspection | null> {
  const look = async () =>
    temporal.workflow.execute<typeof inspectVmWorkflow>('inspectVm', {
      workflowId: `inspect/${input.clusterId}/${input.vmid}/${randomUUID()}`,
      taskQueue: taskQueues(queuePrefix).servers,
      args: [input],
      workflowExecutionTimeout: DEADLINE_MS,
      staticSummary: `look at VM ${input.vmid}`,
    });
  try {
    return await withinDeadline(temporal, look, DEADLINE_MS);
  } catch (err) {
    throw new ClusterUnreachable(saidByProxmox(err));
  }
}

function saidByProxmox(err: unknown): string | null {
  if (!(err instanceof WorkflowFailedError) || !(err.cause instanceof ActivityFailure)) return null;
  return err.cause.cause instanceof ApplicationFailure ? err.cause.cause.message : null;
}
