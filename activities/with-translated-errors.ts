import { activityInfo, cancellationDetails, CancelledFailure } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Deps } from './deps.ts';
import { finalFailure, passingFailure, saidBy } from './failures.ts';
import { noteProgress } from './note-progress.ts';
import { ProxmoxError, type ProxmoxErrorCode } from '../proxmox/errors.ts';
import type { FailureCode } from '../contract/problem.ts';
import type { OperationClaim } from '../contract/temporal.ts';
import type { Said } from '../contract/said.ts';
import { say } from '../contract/sayings.ts';

type Activities = Record<string, (claim: never) => Promise<unknown>>;

/**
 * Turns what Proxmox said into what Temporal does with it (try again, or end), and shows a person that and why a step
 * is being tried again.
 */
export function withTranslatedErrors<A extends Activities>(deps: Deps, activities: A): A {
  const wrap =
    (activity: (claim: OperationClaim) => Promise<unknown>) =>
    async (claim: OperationClaim): Promise<unknown> => {
      try {
        return await activity(claim);
      } catch (err) {
        throw await translate(deps, claim, err);
      }
    };
  const wrapped = Object.entries(activities).map(([name, activity]) => [name, wrap(activity as never)]);
  return Object.fromEntries(wrapped) as A;
}

async function translate(deps: Deps, claim: OperationClaim, err: unknown): Promise<unknown> {
  if (cancellationDetails()?.workerShutdown) {
    // Not a cancellation: another worker goes on from what has been saved.
    return passingFailure('internal_error', say('worker_stopping'));
  }
  if (cancellationDetails()?.cancelRequested) return new CancelledFailure('cancelled on request');
  const failure = err instanceof ProxmoxError ? toFailure(err) : err;
  const reason = whyAgain(failure);
  if (reason !== null) {
    const note = say('trying_again', { attempt: activityInfo().attempt + 1, reason });
    await noteProgress(deps, claim, { note }).catch(() => undefined);
  }
  return failure;
}

/** What a person is told of a failure that Temporal answers with another attempt; null for one that is the end. */
function whyAgain(failure: unknown): Said | string | null {
  if (failure instanceof ApplicationFailure) return failure.nonRetryable ? null : saidBy(failure);
  return failure instanceof CancelledFailure ? null : say('broke_inside');
}

/** What a person is told where the code itself says too little. */
const TOLD_AS = {
  already_running: 'task_failed',
  node_too_small: 'no_capacity',
  outcome_unknown: 'proxmox_unreachable',
  task_unknown: 'task_interrupted',
} as const satisfies Partial<Record<ProxmoxErrorCode, FailureCode>>;

const toldAs = (code: ProxmoxErrorCode): FailureCode =>
  code in TOLD_AS
    ? TOLD_AS[code as keyof typeof TOLD_AS]
    : (code as Exclude<ProxmoxErrorCode, keyof typeof TOLD_AS>);

/** Final for what cannot work; everything that may heal is left to Temporal's retries. */
export function toFailure(err: ProxmoxError): ApplicationFailure {
  const code = toldAs(err.code);
  const message = `Proxmox: ${err.message}`;
  switch (err.kind) {
    case 'retry':
    case 'unknown':
    case 'unreachable':
    case 'exists':
    case 'locked':
      return passingFailure(code, message, err.reason, err.log);
    case 'missing':
    case 'auth':
    case 'final':
      return finalFailure(code, message, err.reason, err.log);
  }
}
