import type { Deps } from './deps.ts';
import { Operation, type OperationParams } from '../db/models/operation.ts';
import { raw } from 'objection';
import type { OperationType } from '../contract/operation-table.ts';
import type { OperationInput } from '../contract/temporal.ts';

export interface ClaimedOperation {
  fence: number;
  type: OperationType;
  serverName: string;
  params: OperationParams;
  cancelRequested: boolean;
}

export function createClaimOperation({ database }: Pick<Deps, 'database'>) {
  /** Takes a pending operation for this run (pending → running, fence + 1). Null when there is nothing to take. */
  return async function claimOperation(
    input: OperationInput & { runId: string },
  ): Promise<ClaimedOperation | null> {
    const { operationId, runId } = input;
    await Operation.query(database)
      .patch({ status: 'running', runId, fence: raw('fence + 1'), startedAt: raw('now()') })
      .where({ id: operationId, status: 'pending' });
    const operation = await Operation.query(database)
      .findOne({ 'operations.id': operationId, status: 'running', runId })
      .withGraphJoined('server');
    if (!operation) return null;
    return {
      fence: operation.fence,
      type: operation.type,
      serverName: operation.server?.name ?? input.serverId,
      params: operation.params,
      cancelRequested: operation.cancelRequestedAt !== null,
    };
  };
}
