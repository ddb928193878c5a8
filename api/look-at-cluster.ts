import { randomUUID } from 'node:crypto';
import { ActivityFailure, ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import type { VmInspection } from '../contract/adoptions.ts';
import type { UnclaimedVmList } from '../contract/clusters.ts';
import { taskQueues } from '../contract/temporal.ts';
import type { Deps } from './deps.ts';
import { ClusterUnreachable } from './errors.ts';
import { withinDeadline } from './start-operation.ts';

type LookDeps = Pick<Deps, 'temporal' | 'queuePrefix'>;

const DEADLINE_MS = 12_000;

/** Has a worker look at a VM and waits for it. Null when there is none; ClusterUnreachable when nobody could look in time. */
export async function inspectVm(
  deps: LookDeps,
  input: { clusterId: string; vmid: number },
): Promise<VmInspection | null> {
  const id = `inspect/${input.clusterId}/${input.vmid}`;
  return look(deps, 'inspectVm', input, { id, summary: `look at VM ${input.vmid}` });
}

/** Has a worker list the VMs that no server holds; ClusterUnreachable when nobody could look in time. */
export async function listUnclaimedVms(
  deps: LookDeps,
  input: { clusterId: string; search: string },
): Promise<UnclaimedVmList> {
  const id = `unclaimed/${input.clusterId}`;
  return look(deps, 'listUnclaimedVms', input, { id, summary: 'list VMs that no server holds' });
}

async function look<Input, Answer>(
  { temporal, queuePrefix }: LookDeps,
  workflow: 'inspectVm' | 'listUnclaimedVms',
  input: Input,
  { id, summary }: { id: string; summary: string },
): Promise<Answer> {
  const execute = async () =>
    temporal.workflow.execute<(given: Input) => Promise<Answer>>(workflow, {
      workflowId: `${id}/${randomUUID()}`,
      taskQueue: taskQueues(queuePrefix).servers,
      args: [input],
      workflowExecutionTimeout: DEADLINE_MS,
      staticSummary: summary,
    });
  try {
    return (await withinDeadline(temporal, execute, DEADLINE_MS)) as Answer;
  } catch (err) {
    throw new ClusterUnreachable(saidByProxmox(err));
  }
}

function saidByProxmox(err: unknown): string | null {
  if (!(err instanceof WorkflowFailedError) || !(err.cause instanceof ActivityFailure)) return null;
  return err.cause.cause instanceof ApplicationFailure ? err.cause.cause.message : null;
}
