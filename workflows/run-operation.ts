import {
  CancellationScope,
  CancelledFailure,
  condition,
  defineSignal,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  TemporalFailure,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import {
  definitionOf,
  stepDefinition,
  UNDO_STEP,
  waitsAfter,
  type OperationType,
  type StepName,
} from '../contract/operation-table.ts';
import type { Decision } from '../contract/operations.ts';
import { FAILURE_CODES, type FailureCode } from '../contract/problem.ts';
import { inEnglish, say, tell, type Told } from '../contract/sayings.ts';
import {
  DECISION_SIGNAL,
  type OperationClaim,
  type OperationInput,
  type StepClaim,
  type StepReport,
} from '../contract/temporal.ts';
import type { ClaimedOperation } from '../activities/claim-operation.ts';
import type { OperationFailure } from '../activities/finish-operation.ts';
import { failureOf, saidOf, type Failure } from './failure-of.ts';
import { database } from './proxies.ts';

type Undo = () => Promise<Told | void>;

/** What a person reads of a step, and whether they have been told already that it runs. */
interface Telling<T> {
  describe: ((result: T) => Told) | undefined;
  isReported: boolean;
}

/** An operation that has been claimed: runs its steps and reports them. */
export interface OperationRun extends ClaimedOperation {
  claim: OperationClaim;
  /**
   * Runs one step of the operation's table and reports how it went; `describe` turns its result into the line a person
   * reads. `body` has to call one activity, with the claim it is given: that it has begun travels with this call. Where the table says *pause*, a step that fails waits for a
   * decision and may run again, or be left out when the table allows it: then its result is undefined, so let nobody
   * need it. From a step of no return on nothing is cancelled.
   */
  step<T>(name: StepName, body: (claim: StepClaim) => Promise<T>, describe?: (result: T) => Told): Promise<T>;
  /** Waits in a step; `announcement` is what a person reads meanwhile, `line` afterwards. */
  wait(name: StepName, body: () => Promise<void>, announcement: Told, line: Told): Promise<void>;
  /** Reports a step that this run does not need, and why. */
  leaveOut(name: StepName, why: Told): void;
  /** Remembers how to undo what the next steps do; the latest is undone first. Its summary is what a person reads. */
  onUndo(undo: Undo): void;
}

/**
 * The frame of every operation: claim it, run `body`, record the outcome in one place. When it fails for good, is
 * cancelled or rolled back, what was given to `onUndo` runs and cannot be cancelled. A run that finds nothing to claim,
 * or whose claim was taken over, ends without a word: another one is in charge.
 */
export async function runOperation(
  input: OperationInput,
  body: (run: OperationRun) => Promise<void>,
): Promise<void> {
  const claimed = await CancellationScope.nonCancellable(() =>
    database('take the operation').claimOperation({ ...input, runId: workflowInfo().runId }),
  );
  if (!claimed) return;
  const run = new Run(input, claimed);
  try {
    if (claimed.cancelRequested) throw new CancelledFailure('cancelled before it began');
    await body(run);
    await run.succeed();
  } catch (err) {
    if (!(err instanceof TemporalFailure)) throw err; // a bug: the workflow waits for a corrected worker
    if (failureOf(err).code === STALE_CLAIM) return;
    await CancellationScope.nonCancellable(() => run.fail(err)).catch((undoError: unknown) => {
      if (failureOf(undoError).code !== STALE_CLAIM) throw undoError;
    });
    throw err;
  }
}

const STALE_CLAIM = 'stale_claim';
const decide = defineSignal<[decision?: string]>(DECISION_SIGNAL);

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
  private readonly undos: Undo[] = [];
  private isPastNoReturn = false;
  private signals = 0;
  /** A decision from the Temporal UI. */
  private signalled: string | undefined;

  constructor(input: OperationInput, claimed: ClaimedOperation) {
    this.claim = { operationId: input.operationId, serverId: input.serverId, fence: claimed.fence };
    this.type = claimed.type;
    this.serverName = claimed.serverName;
    this.params = claimed.params;
    this.fence = claimed.fence;
    this.cancelRequested = claimed.cancelRequested;
    setHandler(decide, (decision) => {
      this.signals += 1;
      this.signalled = decision;
    });
  }

  onUndo(undo: Undo): void {
    this.undos.unshift(undo);
  }

  async step<T>(
    name: StepName,
    body: (claim: StepClaim) => Promise<T>,
    describe?: (result: T) => Told,
  ): Promise<T> {
    const attempt = (isReported = false) => this.attempt(name, body, { describe, isReported });
    if (this.isPastNoReturn) return CancellationScope.nonCancellable(() => attempt());
    if (stepDefinition(this.type, name)?.noReturn === undefined) return attempt();
    // Recorded under the operation's lock: a cancel that came first ends it here, one that comes later is refused.
    this.report(name, 'running');
    await this.flush({ unlessCancelled: true });
    this.isPastNoReturn = true;
    return CancellationScope.nonCancellable(() => attempt(true));
  }

  async wait(name: StepName, body: () => Promise<void>, announcement: Told, line: Told): Promise<void> {
    this.report(name, 'running', announcement);
    await this.flush();
    await this.attempt(name, body, { describe: () => line, isReported: true });
  }

  leaveOut(name: StepName, why: Told): void {
    this.report(name, 'skipped', why);
  }

  async succeed(): Promise<void> {
    const finish = () =>
      database('succeeded').finishOperation({
        ...this.claim,
        reports: this.takeReports(),
        outcome: 'succeeded',
      });
    await (this.isPastNoReturn ? CancellationScope.nonCancellable(finish) : finish());
  }

  /** Undoes what has been done and records the outcome. */
  async fail(err: TemporalFailure): Promise<void> {
    if (this.undos.length > 0) this.report(UNDO_STEP.name, 'running');
    await this.flush();
    const isCancelled = wasCancelled(err);
    const failure = isCancelled ? CANCELLED : failureOf(err);
    const leftBehind = await this.undo();
    const summary = `${failure.code}: ${failure.message}`.slice(0, 200);
    await database(summary).finishOperation({
      ...this.claim,
      reports: this.takeReports(),
      outcome: isCancelled && !leftBehind ? 'cancelled' : 'failed',
      error: {
        ...toOperationFailure(failure),
        ...(leftBehind ? leftUndone(failure, leftBehind) : {}),
      },
    });
  }

  /** Runs every undo; one that fails waits for a decision. Null, or why something was left behind. */
  private async undo(): Promise<Failure | null> {
    if (this.undos.length === 0) return null;
    let leftBehind: Failure | null = null;
    const told: Told[] = [];
    for (const undo of this.undos) {
      for (;;) {
        try {
          const done = await undo();
          if (done) told.push(done);
          break;
        } catch (err) {
          if (!(err instanceof TemporalFailure) || failureOf(err).code === STALE_CLAIM) throw err;
          log.error('undo failed', { operationId: this.claim.operationId, reason: failureOf(err).message });
          if ((await this.pause(UNDO_STEP.name, err)) === 'resume') continue;
          leftBehind = failureOf(err);
          break;
        }
      }
    }
    if (leftBehind) this.report(UNDO_STEP.name, 'skipped', toTold(leftBehind));
    else this.report(UNDO_STEP.name, 'succeeded', told.length > 0 ? all(told) : undefined);
    return leftBehind;
  }

  private async attempt<T>(
    name: StepName,
    body: (claim: StepClaim) => Promise<T>,
    { describe, isReported }: Telling<T>,
  ): Promise<T> {
    for (let isRunning = isReported; ; isRunning = false) {
      if (!isRunning) this.report(name, 'running');
      const reports = this.takeReports();
      try {
        const result = await body({ ...this.claim, reports });
        this.report(name, 'succeeded', describe?.(result));
        return result;
      } catch (err) {
        // Perhaps it never came to recording them; once more does no harm.
        this.reports.unshift(...reports);
        if (isCancellation(err)) {
          this.report(name, 'cancelled');
          throw err;
        }
        if (!(err instanceof TemporalFailure) || failureOf(err).code === STALE_CLAIM) throw err;
        if (!waitsAfter(this.type, failureOf(err).code)) {
          this.report(name, 'failed', toTold(failureOf(err)));
          throw err;
        }
        const decision = await this.pause(name, err);
        if (decision === 'roll_back') throw err;
        if (decision === 'skip') {
          const summary = stepDefinition(this.type, name)?.skip;
          this.report(name, 'skipped', summary ? { summary } : undefined);
          return undefined as T; // the table lets only steps be skipped whose result nobody needs
        }
      }
    }
  }

  /** Stands still at a failed step until a decision is recorded, or until it is cancelled. */
  private async pause(name: StepName, err: TemporalFailure): Promise<Decision> {
    try {
      return await this.untilDecided(name, failureOf(err));
    } catch (reason) {
      if (isCancellation(reason)) {
        // It goes on, if only to be undone.
        await CancellationScope.nonCancellable(() => database('cancelled').leavePause(this.claim));
      }
      throw reason;
    }
  }

  private async untilDecided(name: StepName, failure: Failure): Promise<Decision> {
    this.report(name, 'failed', toTold(failure));
    await database(`needs attention: ${failure.message}`.slice(0, 200)).pauseOperation({
      ...this.claim,
      reports: this.takeReports(),
      error: toOperationFailure(failure),
    });
    for (;;) {
      const before = this.signals;
      const decisionId = uuid4();
      const { signalled } = this;
      this.signalled = undefined;
      const decision = await database('is there a decision?').takeDecision({
        ...this.claim,
        decisionId,
        ...(signalled === undefined ? {} : { signalled }),
      });
      if (decision) return decision;
      await condition(() => this.signals > before);
    }
  }

  /** Records what has gathered, where no activity of a step does it. */
  private async flush({ unlessCancelled = false } = {}): Promise<void> {
    const reports = this.takeReports();
    if (reports.length === 0) return;
    const summary = reports.map(({ step, state }) => `${step} ${state}`).join(', ');
    await database(summary).reportSteps({
      ...this.claim,
      reports,
      ...(unlessCancelled ? { unlessCancelled } : {}),
    });
  }

  private takeReports(): StepReport[] {
    return this.reports.splice(0);
  }

  private report(
    step: StepName,
    state: StepReport['state'],
    { summary: message, said }: Partial<Told> = {},
  ): void {
    this.seq += 1;
    this.reports.push({
      seq: this.seq,
      step,
      state,
      ...(message ? { message } : {}),
      ...(said ? { said } : {}),
    });
    this.lines.set(step, message ? `${state}: ${message}` : state);
    setCurrentDetails(this.details());
  }

  /** Markdown for the Temporal UI. */
  private details(): string {
    const steps = [
      ...definitionOf(this.type).steps,
      ...(this.lines.has(UNDO_STEP.name) ? [UNDO_STEP] : []),
    ].map(({ name, title }) => `- ${title}: ${this.lines.get(name as StepName) ?? 'pending'}`);
    return [`**${this.type} ${this.serverName}**`, '', ...steps].join('\n');
  }
}

const CANCELLED_SAID = say('cancelled');
const CANCELLED = {
  code: 'cancelled',
  message: inEnglish(CANCELLED_SAID),
  said: CANCELLED_SAID,
  cause: null,
  log: [],
};

const toTold = ({ message, said }: Failure): Told => ({ summary: message, ...(said ? { said } : {}) });

/** Several lines as one. */
const all = (lines: Told[]): Told => ({
  summary: lines.map(({ summary }) => summary).join('; '),
  ...(lines.every(({ said }) => said)
    ? { said: say('several', { parts: lines.flatMap(({ said }) => said ?? []) }) }
    : {}),
});

function leftUndone(failure: Failure, left: Failure): Pick<Failure, 'message' | 'said'> {
  const { summary, said } = tell('left_undone', { failure: saidOf(failure), reason: saidOf(left) });
  return { message: summary, said };
}

/** By Temporal, or by the record: a step of no return is not begun once a cancel has been asked for. */
const wasCancelled = (err: TemporalFailure): boolean =>
  isCancellation(err) || failureOf(err).code === CANCELLED.code;

const toOperationFailure = (failure: ReturnType<typeof failureOf>): OperationFailure => ({
  ...failure,
  code: isFailureCode(failure.code) ? failure.code : 'internal_error',
});

const isFailureCode = (code: string): code is FailureCode =>
  (FAILURE_CODES as readonly string[]).includes(code);
