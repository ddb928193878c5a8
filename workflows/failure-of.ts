import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';

export interface Failure {
  code: string;
  message: string;
  /** Proxmox's own words. */
  cause: string | null;
  /** The end of the log of the task that failed. */
  log: string[];
}

/** What went wrong, in the words that were given with it. */
export function failureOf(err: unknown): Failure {
  const inner = err instanceof ActivityFailure ? (err.cause ?? err) : err;
  if (inner instanceof ApplicationFailure) {
    const [cause, log] = (inner.details ?? []) as [string?, string[]?];
    return {
      code: inner.type ?? 'internal_error',
      message: inner.message,
      cause: cause ?? null,
      log: log ?? [],
    };
  }
  if (inner instanceof TimeoutFailure) {
    const last = inner.cause ? failureOf(inner.cause) : null;
    return (
      last ?? {
        code: 'proxmox_unreachable',
        message: 'No answer within the time allowed',
        cause: null,
        log: [],
      }
    );
  }
  return {
    code: 'internal_error',
    message: inner instanceof Error ? inner.message : 'unknown failure',
    cause: null,
    log: [],
  };
}
