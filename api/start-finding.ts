import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  orphanWorkflowId,
  serverWorkflowId,
  taskQueues,
  type OrphanInput,
  type RepairInput,
} from '../contract/temporal.ts';
import { queryRows } from '../db/query-rows.ts';
import type { Deps, Temporal } from './deps.ts';
import { withinDeadline } from './start-operation.ts';

type StartDeps = Pick<Deps, 'temporal' | 'queuePrefix'>;

/**
 * Starts the repairs asked for on a server. The workflow id is the server's: while an operation is at work nothing starts,
 * and while a repair is, operations wait. Rejects when Temporal cannot be reached.
 */
export async function startRepair({ temporal, queuePrefix }: StartDeps, serverId: string): Promise<void> {
  const input: RepairInput = { serverId };
  await startOnce(temporal, 'repairServer', {
    workflowId: serverWorkflowId(serverId),
    taskQueue: taskQueues(queuePrefix).servers,
    args: [input],
    workflowExecutionTimeout: '24h',
    typedSearchAttributes: [
      { key: defineSearchAttributeKey('ServerId', SearchAttributeType.KEYWORD), value: serverId },
    ],
    staticSummary: 'repair drift',
  });
}

/** Starts what was asked for an orphan. Rejects when Temporal cannot be reached. */
export async function startSettlement({ temporal, queuePrefix }: StartDeps, orphanId: string): Promise<void> {
  const input: OrphanInput = { orphanId };
  await startOnce(temporal, 'settleOrphan', {
    workflowId: orphanWorkflowId(orphanId),
    taskQueue: taskQueues(queuePrefix).servers,
    args: [input],
    workflowExecutionTimeout: '24h',
    staticSummary: 'settle an orphan',
  });
}

type StartOptions = Parameters<Temporal['workflow']['start']>[1];

async function startOnce(temporal: Temporal, workflow: string, options: StartOptions): Promise<void> {
  await withinDeadline(temporal, async () => {
    try {
      await temporal.workflow.start(workflow, { ...options, workflowIdConflictPolicy: 'FAIL' });
    } catch (err) {
      if (!(err instanceof WorkflowExecutionAlreadyStartedError)) throw err;
    }
  });
}

/** Starts what was asked for while Temporal was away, or while the server was busy; starting twice does no harm. */
export async function sweepFindings(
  deps: StartDeps & Pick<Deps, 'database'>,
  olderThanMs: number,
): Promise<void> {
  const repairs = await queryRows<{ serverId: string }>(
    deps.database,
    `select distinct d.server_id as "serverId" from drifts d
     where d.repair_requested_at <= now() - ? * interval '1 millisecond' and d.resolved_at is null
       and not exists (select from operations o where o.server_id = d.server_id
         and o.status in ('pending', 'running', 'needs_attention'))
     limit 100`,
    [olderThanMs],
  );
  for (const { serverId } of repairs) await startRepair(deps, serverId);
  const orphans = await queryRows<{ id: string }>(
    deps.database,
    `select id from orphans where request is not null and requested_at <= now() - ? * interval '1 millisecond'
     order by requested_at limit 100`,
    [olderThanMs],
  );
  for (const { id } of orphans) await startSettlement(deps, id);
}
