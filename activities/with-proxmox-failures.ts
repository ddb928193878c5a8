import { cancellationDetails } from '@temporalio/activity';
import { passingFailure } from './failures.ts';
import { withHeartbeat } from './with-heartbeat.ts';
import { toFailure } from './with-translated-errors.ts';
import { ProxmoxError } from '../proxmox/errors.ts';
import { say } from '../contract/sayings.ts';

type Activities = Record<string, (input: never) => Promise<unknown>>;

/** For activities that call a cluster outside an operation: they send heartbeats, and Temporal learns what to try again. */
export function withProxmoxFailures<A extends Activities>(activities: A): A {
  const wrap =
    (activity: (input: unknown) => Promise<unknown>) =>
    async (input: unknown): Promise<unknown> => {
      try {
        return await withHeartbeat(() => activity(input));
      } catch (err) {
        if (cancellationDetails()?.workerShutdown)
          throw passingFailure('internal_error', say('worker_stopping'));
        throw err instanceof ProxmoxError ? toFailure(err) : err;
      }
    };
  const wrapped = Object.entries(activities).map(([name, activity]) => [name, wrap(activity as never)]);
  return Object.fromEntries(wrapped) as A;
}
