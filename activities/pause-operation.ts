import { raw } from 'objection';
import type { Deps } from './deps.ts';
import type { OperationFailure } from './finish-operation.ts';
import { lockClaim, writeReports, type StepReports } from './report-steps.ts';
import { staleClaim } from './failures.ts';
import { Operation } from '../db/models/operation.ts';
import { decisionsAt, type Decision } from '../contract/operations.ts';
import type { OperationClaim } from '../contract/temporal.ts';

export interface PausedOperation extends StepReports {
  error: OperationFailure;
}

export function createPauseOperation({ database }: Pick<Deps, 'database'>) {
  /** The operation stands still at the step reported last (*needs attention*) and shows why. A repeat changes nothing. */
  return async function pauseOperation(input: PausedOperation): Promise<void> {
    const { operationId, fence, error } = input;
    await database.transaction(async (trx) => {
      const paused = await Operation.query(trx).findOne({
        id: operationId,
        fence,
        status: 'needs_attention',
      });
      if (paused) return;
      const operation = await lockClaim(input, trx);
      await writeReports(input, trx);
      await operation.$query(trx).patch({
        status: 'needs_attention',
        errorCode: error.code,
        errorMessage: error.message,
        errorSaid: error.said ?? null,
        errorCause: error.cause,
        errorLog: error.log,
      });
    });
  };
}

export function createTakeDecision({ database }: Pick<Deps, 'database'>) {
  /**
   * The decision about a paused operation, which goes on with it: the recorded one, or else `signalled`, which came from
   * the Temporal UI, where the step allows it. Null when there is none yet.
   */
  return async function takeDecision({
    operationId,
    fence,
    decisionId,
    signalled,
  }: OperationClaim & { decisionId: string; signalled?: string }): Promise<Decision | null> {
    return database.transaction(async (trx) => {
      const operation = await Operation.query(trx).findOne({ id: operationId, fence }).forUpdate();
      if (!operation) throw staleClaim();
      // An earlier attempt took it, and its answer was lost.
      if (operation.params.takenDecision?.id === decisionId) return operation.params.takenDecision.decision;
      if (operation.status !== 'needs_attention') throw staleClaim();
      const isOffered = decisionsAt(operation).some((one) => one.decision === signalled);
      const decision = operation.decision ?? (isOffered ? (signalled as Decision) : null);
      if (!decision) return null;
      await operation.$query(trx).patch({
        ...RUNNING,
        params: { ...operation.params, takenDecision: { id: decisionId, decision } },
      });
      return decision;
    });
  };
}

export function createLeavePause({ database }: Pick<Deps, 'database'>) {
  /** A paused operation that is cancelled goes on, to be undone; nothing to do for one that does not stand still. */
  return async function leavePause({ operationId, fence }: OperationClaim): Promise<void> {
    await Operation.query(database)
      .patch(RUNNING)
      .where({ id: operationId, fence, status: 'needs_attention' });
  };
}

const RUNNING = {
  status: 'running',
  decision: null,
  errorCode: null,
  errorMessage: null,
  errorSaid: null,
  errorCause: null,
  errorLog: raw('null'),
} as const;
