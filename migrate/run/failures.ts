import { activityInfo, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { isTargetAway, nativeError } from './target-away.ts';
import { SourceError } from '../legacy/source-error.ts';

/** Why a run stands still. A passing cause is looked at again by itself, any other waits for `resume`. */
export interface RunCause {
  code: string;
  message: string;
  isPassing: boolean;
}

/** The run cannot go on until somebody has changed something. */
export function standstill(code: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message, nonRetryable: true });
}

const SQLSTATE = /^[\dA-Z]{5}$/;
const DISK_FULL = new Set(['53100', '53200', 'ENOSPC']);

/** Errors of the databases as causes a person understands; nothing of a URL or a row is in them. */
export function toFailure(err: unknown): unknown {
  if (err instanceof ApplicationFailure) return err;
  if (err instanceof SourceError) {
    const isPassing = err.code === 'unreachable' || err.code === 'damaged';
    return ApplicationFailure.create({
      type: `source_${err.code}`,
      message: err.message,
      nonRetryable: !isPassing,
    });
  }
  const { code, message } = nativeError(err);
  if (DISK_FULL.has(code)) {
    return standstill('target_disk_full', 'PostgreSQL has no room left: give it more and resume');
  }
  if (isTargetAway(err)) {
    return ApplicationFailure.create({
      type: 'target_unreachable',
      message: 'Berth’s PostgreSQL does not answer',
      nonRetryable: false,
    });
  }
  if (!SQLSTATE.test(code)) return err;
  return ApplicationFailure.create({
    type: 'internal_error',
    // Knex puts the statement with its values before it.
    message: message.split(' - ').at(-1) ?? message,
    // A statement or value PostgreSQL does not understand is no better the second time.
    nonRetryable: /^(?:0A|22|42)/.test(code),
  });
}

type Activity = (input: never) => Promise<unknown>;

const HEARTBEAT_MS = 3_000;

/**
 * Wraps every activity so that what it throws names a cause, and so that it gives a sign of life while a database works
 * on one long statement.
 */
export function withCauses<T extends Record<string, Activity>>(activities: T): T {
  const wrap = (activity: Activity): Activity =>
    async function named(input) {
      const isWatched = activityInfo().heartbeatTimeoutMs !== undefined;
      const timer = isWatched ? setInterval(() => heartbeat(), HEARTBEAT_MS) : undefined;
      try {
        return await activity(input);
      } catch (err) {
        throw toFailure(err);
      } finally {
        clearInterval(timer);
      }
    };
  // The same names with the same signatures.
  return Object.fromEntries(Object.entries(activities).map(([name, body]) => [name, wrap(body)])) as T;
}
