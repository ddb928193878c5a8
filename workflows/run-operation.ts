import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  log,
  setCurrentDetails,
  TemporalFailure,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { OPERATION_STEPS, stepTitle, type OperationType, type StepName } from '../contract/operations.ts';
import { FAILURE_CODES, type FailureCode } from '../contract/problem.ts';
import type { OperationClaim, OperationInput, StepReport } from '../contract/temporal.ts';
import type { ClaimedOperation } from '../activities/claim-operation.ts';
import { database } from './proxies.ts';

/** An operation that has been claimed: runs its steps and reports them. */
export interface OperationRun extends ClaimedOperation {
  claim: OperationClaim;
  /** Runs one step and reports how it went; `describe` turns its result into the line a person reads. */
  step<T>(name: StepName, body: () => Promise<T>, describe?: (result: T) => string): Promise<T>;
}

/**
 * The frame of every operation: claim it, run `body`, record the outcome in one place. When `body` fails or is
 * cancelled, `compensate` runs first and cannot be cancelled. A run that finds nothing to claim, or whose claim was
 * taken over, ends without a word: another one is in charge.
 */
export async function runOperation(
  input: OperationInput,
  body: (run: OperationRun) => Promise<void>,
  compensate: (run: OperationRun) => Promise<void> = async () => undefined,
): Promise<void> {
  const claimed = await CancellationScope.nonCancellable(() =>
    database('take the operation').claimOperation({ ...input, runId: workflowInfo().runId }),
  );
  if (!claimed) return;
  const run = new Run(input, claimed);
  try {
    if (claimed.cancelRequested && claimed.type !== 'terminate')
      throw new CancelledFailure('cancelled before it began');
    await body(run);
    await database('succeeded').finishOperation({
      ...run.claim,
      reports: run.takeReports(),
      outcome: 'succeeded',
    });
  } catch (err) {
    if (!(err instanceof TemporalFailure)) throw err; // a bug: the workflow waits for a corrected worker
    if (failureOf(err).code === STALE_CLAIM) return;
    await CancellationScope.nonCancellable(() => fail(run, err, compensate));
    throw err;
  }
}

const STALE_CLAIM = 'stale_claim';

async function fail(run: Run, err: unknown, compensate: (run: OperationRun) => Promise<void>): Promise<void> {
  await run.flush();
  const failure = isCancellation(err)
    ? { code: 'cancelled', message: 'Cancelled on request', cause: null }
    : failureOf(err);
  let leftBehind: string | null = null;
  try {
    await compensate(run);
  } catch (undoError) {
    leftBehind = failureOf(undoError).message;
    log.error('undo failed', { operationId: run.claim.operationId, reason: leftBehind });
  }
  const summary = `${failure.code}: ${failure.message}`.slice(0, 200);
  await database(summary).finishOperation({
    ...run.claim,
    reports: run.takeReports(),
    outcome: isCancellation(err) && !leftBehind ? 'cancelled' : 'failed',
    error: {
      code: isFailureCode(failure.code) ? failure.code : 'internal_error',
      message: leftBehind ? `${failure.message}; cleaning up failed as well: ${leftBehind}` : failure.message,
      cause: failure.cause,
    },
  });
}

class Run implements OperationRun {
  readonly claim: OperationClaim;
  readonly type: OperationType;
  readonly serverName: string;
  readonly params: ClaimedOperation['params'];
  readonly fence: number;
  readonly cancelRequested: boolean;
  private seq = 0;
  private reports: StepReport[] = [];
  private readonly lines = new Map<StepName, string>();

  constructor(input: OperationInput, claimed: ClaimedOperation) {
    this.claim = { operationId: input.operationId, serverId: input.serverId, fence: claimed.fence };
    this.type = claimed.type;
    this.serverName = claimed.serverName;
    this.params = claimed.params;
    this.fence = claimed.fence;
    this.cancelRequested = claimed.cancelRequested;
  }

  async step<T>(name: StepName, body: () => Promise<T>, describe?: (result: T) => string): Promise<T> {
    this.report(name, 'running');
    await this.flush();
    try {
      const result = await body();
      this.report(name, 'succeeded', describe?.(result));
      return result;
    } catch (err) {
      this.report(
        name,
        isCancellation(err) ? 'cancelled' : 'failed',
        isCancellation(err) ? undefined : failureOf(err).message,
      );
      throw err;
    }
  }

  /** Sends what has gathered: a step's end travels with the next one's start. */
  async flush(): Promise<void> {
    const reports = this.takeReports();
    if (reports.length === 0) return;
    const summary = reports.map(({ step, state }) => `${step} ${state}`).join(', ');
    await database(summary).reportSteps({ ...this.claim, reports });
  }

  takeReports(): StepReport[] {
    return this.reports.splice(0);
  }

  private report(step: StepName, state: StepReport['state'], message?: string): void {
    this.seq += 1;
    this.reports.push({ ...this.claim, seq: this.seq, step, state, ...(message ? { message } : {}) });
    this.lines.set(step, message ? `${state}: ${message}` : state);
    setCurrentDetails(this.details());
  }

  /** Markdown for the Temporal UI. */
  private details(): string {
    const steps = OPERATION_STEPS[this.type].map(
      ({ name }) => `- ${stepTitle(this.type, name)}: ${this.lines.get(name) ?? 'pending'}`,
    );
    return [`**${this.type} ${this.serverName}**`, '', ...steps].join('\n');
  }
}

/** The code, sentence and Proxmox's own words of whatever went wrong. */
export function failureOf(err: unknown): { code: string; message: string; cause: string | null } {
  const inner = err instanceof ActivityFailure ? (err.cause ?? err) : err;
  if (inner instanceof ApplicationFailure) {
    const [cause] = (inner.details ?? []) as [string | undefined];
    return { code: inner.type ?? 'internal_error', message: inner.message, cause: cause ?? null };
  }
  if (inner instanceof TimeoutFailure) {
    const last = inner.cause ? failureOf(inner.cause) : null;
    return last ?? { code: 'proxmox_unreachable', message: 'No answer within the time allowed', cause: null };
  }
  return {
    code: 'internal_error',
    message: inner instanceof Error ? inner.message : 'unknown failure',
    cause: null,
  };
}

const isFailureCode = (code: string): code is FailureCode =>
  (FAILURE_CODES as readonly string[]).includes(code);
