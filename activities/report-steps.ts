import { ApplicationFailure } from '@temporalio/common';
import type { Transaction } from 'objection';
import type { Deps } from './deps.ts';
import { finalFailure, staleClaim } from './failures.ts';
import { Operation } from '../db/models/operation.ts';
import { recordDurations } from '../db/record-durations.ts';
import { OperationEvent } from '../db/models/operation-event.ts';
import type { OperationClaim, StepClaim } from '../contract/temporal.ts';
import { inEnglish, say } from '../contract/sayings.ts';

export interface StepReports extends StepClaim {
  /** For a step of no return: it is refused once a cancel has been asked for. */
  unlessCancelled?: boolean;
}

export function createReportSteps({ database }: Pick<Deps, 'database'>) {
  /** Records what became of steps. A repeat changes nothing; a run that lost its claim is refused. */
  return async function reportSteps(input: StepReports): Promise<void> {
    await database.transaction(async (trx) => {
      const { cancelRequestedAt } = await lockClaim(input, trx);
      if (input.unlessCancelled && cancelRequestedAt) throw finalFailure('cancelled', say('cancelled'));
      await writeReports(input, trx);
    });
  };
}

type StepActivities = Record<string, (claim: never) => Promise<unknown>>;

/** Lets activities record the reports that travel with their claim before they do anything; see `Run.step`. */
export function withReports<A extends StepActivities>(deps: Pick<Deps, 'database'>, activities: A): A {
  const reportSteps = createReportSteps(deps);
  const record = async ({ operationId, serverId, fence, reports }: StepClaim): Promise<void> => {
    try {
      await reportSteps({ operationId, serverId, fence, reports });
    } catch (err) {
      throw err instanceof ApplicationFailure ? err : notRecorded(err);
    }
  };
  const wrap =
    (activity: (claim: OperationClaim) => Promise<unknown>) =>
    async (claim: OperationClaim & Partial<StepClaim>): Promise<unknown> => {
      const { reports = [], ...rest } = claim;
      if (reports.length > 0) await record({ ...claim, reports });
      return activity(rest);
    };
  const wrapped = Object.entries(activities).map(([name, activity]) => [name, wrap(activity as never)]);
  return Object.fromEntries(wrapped) as A;
}

const NOT_RECORDED = say('not_recorded');

/** PostgreSQL is away, most likely: nothing has been done yet, so that trying again soon costs little. */
const notRecorded = (err: unknown): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'internal_error',
    message: inEnglish(NOT_RECORDED),
    details: [null, [], NOT_RECORDED],
    nextRetryDelay: '1 second',
    ...(err instanceof Error ? { cause: err } : {}),
  });

/** The operation's row, locked; throws when the claim is stale or the operation is over. */
export async function lockClaim(claim: OperationClaim, trx: Transaction): Promise<Operation> {
  const operation = await Operation.query(trx)
    .findOne({ id: claim.operationId, fence: claim.fence, status: 'running' })
    .forUpdate();
  if (!operation) throw staleClaim();
  return operation;
}

/** Writes the reports that are not there yet and moves the operation to the step reported last. */
export async function writeReports(
  { operationId, fence, reports }: StepReports,
  trx: Transaction,
): Promise<void> {
  const last = reports.at(-1);
  if (!last) return;
  // Knex itself answers only the rows that were not there yet.
  const written: OperationEvent[] = await trx(OperationEvent.tableName)
    .insert(
      reports.map(({ seq, step, state, message, said }) => ({
        operationId,
        fence,
        seq,
        step,
        state,
        message: message ?? null,
        said: said ? JSON.stringify(said) : null,
      })),
    )
    .onConflict(['operation_id', 'fence', 'seq'])
    .ignore()
    .returning(['id', 'state']);
  const ended = written.filter(({ state }) => state === 'succeeded').map(({ id }) => id);
  await recordDurations(trx, operationId, ended);
  await Operation.query(trx)
    .patch({ step: last.step, lastSeq: last.seq, percent: null, note: null, noteSaid: null })
    .where('id', operationId)
    .where('last_seq', '<', last.seq);
}
