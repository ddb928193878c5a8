import { ApplicationFailure } from '@temporalio/common';
import type { FailureCode } from '../contract/problem.ts';
import type { Said } from '../contract/said.ts';
import { inEnglish } from '../contract/sayings.ts';

/**
 * It cannot work, however often it is tried. `message` is a text by its code, or one without where the words are
 * Proxmox's or it is a bug; `cause` is what Proxmox said, if it said anything, and `log` the end of the failed task's log.
 */
export function finalFailure(
  code: FailureCode,
  message: Said | string,
  cause?: string,
  log: string[] = [],
): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message: inEnglish(message),
    nonRetryable: true,
    details: detailsOf(message, cause, log),
  });
}

/** May work later: Temporal tries again. */
export function passingFailure(
  code: FailureCode,
  message: Said | string,
  cause?: string,
  log: string[] = [],
): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message: inEnglish(message),
    nonRetryable: false,
    details: detailsOf(message, cause, log),
  });
}

/** As `failureOf` of the workflows reads them. */
function detailsOf(message: Said | string, cause: string | undefined, log: string[]): unknown[] {
  if (typeof message !== 'string') return [cause ?? null, log, message];
  return cause ? [cause, log] : [];
}

/** What a failure says: by its code where it has one. */
export const saidBy = ({ message, details }: ApplicationFailure): Said | string =>
  (details?.[2] as Said | undefined) ?? message;

/** This run no longer owns the operation; it must not touch anything any more. */
export function staleClaim(): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'stale_claim',
    message: 'another run owns this operation',
    nonRetryable: true,
  });
}
