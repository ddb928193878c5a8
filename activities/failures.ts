import { ApplicationFailure } from '@temporalio/common';
import type { FailureCode } from '../contract/problem.ts';

/**
 * It cannot work, however often it is tried. `cause` is what Proxmox said, if it said anything, and `log` the end of the
 * failed task's log.
 */
export function finalFailure(
  code: FailureCode,
  message: string,
  cause?: string,
  log: string[] = [],
): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: true,
    details: cause ? [cause, log] : [],
  });
}

/** May work later: Temporal tries again. */
export function passingFailure(
  code: FailureCode,
  message: string,
  cause?: string,
  log: string[] = [],
): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: false,
    details: cause ? [cause, log] : [],
  });
}

/** This run no longer owns the operation; it must not touch anything any more. */
export function staleClaim(): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'stale_claim',
    message: 'another run owns this operation',
    nonRetryable: true,
  });
}
