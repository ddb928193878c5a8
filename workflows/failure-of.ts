import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { Said } from '../contract/said.ts';
import { inEnglish, say } from '../contract/sayings.ts';

export interface Failure {
  code: string;
  message: string;
  /** The same by its code, unless the words are Proxmox's or it is a bug. */
  said?: Said;
  /** Proxmox's own words. */
  cause: string | null;
  /** The end of the log of the task that failed. */
  log: string[];
}

/** What went wrong, in the words that were given with it. */
export function failureOf(err: unknown): Failure {
  const inner = err instanceof ActivityFailure ? (err.cause ?? err) : err;
  if (inner instanceof ApplicationFailure) {
    const [cause, log, said] = (inner.details ?? []) as [string?, string[]?, Said?];
    return {
      code: inner.type ?? 'internal_error',
      message: inner.message,
      cause: cause ?? null,
      log: log ?? [],
      ...(said ? { said } : {}),
    };
  }
  if (inner instanceof TimeoutFailure) {
    const last = inner.cause ? failureOf(inner.cause) : null;
    return (
      last ?? {
        code: 'proxmox_unreachable',
        message: inEnglish(NO_ANSWER),
        said: NO_ANSWER,
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

const NO_ANSWER = say('no_answer_in_time');

/** What a failure says: by its code where it has one. */
export const saidOf = ({ said, message }: Failure): Said | string => said ?? message;
