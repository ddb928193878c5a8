import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';
import { definitionOf, type OperationType } from '../contract/operation-table.ts';
import { serverWorkflowId, taskQueues, type SEARCH_ATTRIBUTES } from '../contract/temporal.ts';
import type { Temporal } from './deps.ts';

/** What is needed to start an operation's workflow; ids and names only. */
export interface StartableOperation {
  id: string;
  type: OperationType;
  serverId: string;
  serverName: string;
  accountId: string;
  requestedBy: string | null;
  requestId: string | null;
}

/** `busy`: another operation's workflow still holds the server's workflow id; it is about to end. */
export type StartOutcome = 'started' | 'already_started' | 'busy';

const DEADLINE_MS = 2_000;

function keyword(name: (typeof SEARCH_ATTRIBUTES)[number], value: string): SearchAttributePair {
  return { key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD), value };
}

/**
 * Starts an operation's workflow, at most once however often it is called: the workflow id is the server's, and only
 * one run of it can be open. Rejects within about two seconds when Temporal cannot be reached.
 */
export async function startOperation(
  temporal: Temporal,
  operation: StartableOperation,
  queuePrefix = '',
): Promise<StartOutcome> {
  const { id, type, serverId, serverName, accountId, requestedBy, requestId } = operation;
  const workflowId = serverWorkflowId(serverId);
  const { workflow } = definitionOf(type);
  const input = { operationId: id, serverId };
  return withinDeadline(temporal, async () => {
    try {
      await temporal.workflow.start(workflow, {
        workflowId,
        taskQueue: taskQueues(queuePrefix).servers,
        args: [workflow === 'powerServer' ? { ...input, action: type } : input],
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        memo: { operationId: id, requestedBy, requestId },
        typedSearchAttributes: [
          keyword('ServerId', serverId),
          keyword('OperationId', id),
          keyword('AccountId', accountId),
          keyword('OperationType', type),
        ],
        staticSummary: `${type} ${serverName}`,
      });
      return 'started';
    } catch (err) {
      if (!(err instanceof WorkflowExecutionAlreadyStartedError)) throw err;
      const { memo } = await temporal.workflow.getHandle(workflowId).describe();
      return memo?.['operationId'] === id ? 'already_started' : 'busy';
    }
  });
}

/** The gRPC deadline does not cover connecting, so a timer stands beside it. */
export async function withinDeadline<T>(
  temporal: Temporal,
  call: () => Promise<T>,
  ms = DEADLINE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Temporal did not answer within ${ms} ms`)), ms + 100);
  });
  try {
    return await Promise.race([temporal.withDeadline(Date.now() + ms, call), late]);
  } finally {
    clearTimeout(timer);
  }
}
