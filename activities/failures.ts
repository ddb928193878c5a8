import { ApplicationFailure } from '@temporalio/common';
import type { FailureCode } from '../contract/problem.ts';

/** Ends the operation: it cannot work, however often it is tried. `cause` is what Proxmox said, if it said anything. */
export function finalFailure(code: FailureCode, message: string, cause?: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: true,
    details: cause ? [cause] : [],
  });
}

/** May work later: Temporal tries again. */
export function passingFailure(code: FailureCode, message: string, cause?: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: false,
    details: cause ? [cause] : [],
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
