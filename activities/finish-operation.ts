import type { Transaction } from 'objection';
import type { Deps } from './deps.ts';
import { writeReports, type StepReports } from './report-steps.ts';
import { Operation } from '../db/models/operation.ts';
import { Secret } from '../db/models/secret.ts';
import { Server, type Lifecycle } from '../db/models/server.ts';
import type { OperationType } from '../contract/operations.ts';
import type { FailureCode } from '../contract/problem.ts';

export interface OperationFailure {
  code: FailureCode;
  message: string;
  cause: string | null;
}

export interface OperationOutcome extends StepReports {
  outcome: 'succeeded' | 'failed' | 'cancelled';
  error?: OperationFailure;
}

/** What the end of an operation makes of its server; a power operation leaves the lifecycle as it is. */
export function lifecycleAfter(type: OperationType, outcome: OperationOutcome['outcome']): Lifecycle | null {
  if (type === 'provision') return outcome === 'succeeded' ? 'active' : 'failed';
  if (type === 'terminate') return outcome === 'succeeded' ? 'deleted' : 'failed';
  return null;
}

export function createFinishOperation({ database }: Pick<Deps, 'database'>) {
  /** The one place where an operation ends: its outcome and its server's lifecycle, together or not at all. */
  return async function finishOperation(input: OperationOutcome): Promise<void> {
    const { operationId, serverId, fence, outcome, error } = input;
    await database.transaction(async (trx) => {
      const operation = await Operation.query(trx)
        .findOne({ id: operationId, fence, status: 'running' })
        .forUpdate();
      if (!operation) return; // finished by an earlier attempt, or by the reverse sweep
      await writeReports(input, trx);
      await operation.$query(trx).patch({
        status: outcome,
        percent: null,
        note: null,
        finishedAt: new Date(),
        errorCode: error?.code ?? null,
        errorMessage: error?.message ?? null,
        errorCause: error?.cause ?? null,
      });
      const lifecycle = lifecycleAfter(operation.type, outcome);
      if (lifecycle) {
        await Server.query(trx)
          .findById(serverId)
          .patch({ lifecycle, deletedAt: lifecycle === 'deleted' ? new Date() : null });
        await dropSecrets(serverId, trx);
      }
    });
  };
}

/** A server's password and user data serve its first boot only. */
async function dropSecrets(serverId: string, trx: Transaction): Promise<void> {
  const server = await Server.query(trx).findById(serverId).throwIfNotFound();
  const ids = [server.passwordSecretId, server.userDataSecretId].filter((id) => id !== null);
  await server.$query(trx).patch({ passwordSecretId: null, userDataSecretId: null });
  await Secret.query(trx).delete().whereIn('id', ids);
}
