import type { ServerAction } from '../contract/servers.ts';
import type { OperationParams } from '../db/models/operation.ts';
import type { Lifecycle, Server } from '../db/models/server.ts';
import { InvalidInput, issueOf, InvalidState } from './errors.ts';
import { say } from '../contract/sayings.ts';

const DEFAULT_TIMEOUT_SECONDS = 60;

const ADVICE: Record<Exclude<Lifecycle, 'active'>, string> = {
  provisioning: 'Wait until it has been built.',
  failed: 'Building or deleting it failed; delete it and order another.',
  cancelled: 'Its order was cancelled; order another.',
  suspended: 'Ask your provider to lift the suspension.',
  deleting: 'It is being deleted; delete it again if that has failed.',
  deleted: 'Order another.',
};

/** Throws InvalidState for a server without a VM of its own to act on. An action that changes nothing is fine. */
export function checkActionFits({ name, lifecycle, suspendReason }: Server): void {
  if (lifecycle === 'active') return;
  const why = lifecycle === 'suspended' && suspendReason ? ` (${suspendReason})` : '';
  throw new InvalidState(`${name} cannot do this while it is ${lifecycle}${why}.`, ADVICE[lifecycle]);
}

/** What the workflow needs to know of an action; throws InvalidInput for options the action does not have. */
export function paramsOfAction({ action, force, timeoutSeconds }: ServerAction): OperationParams {
  const takesTimeout = action === 'shutdown' || action === 'reboot';
  const issues = [
    ...(force !== undefined && action !== 'shutdown' ? [issueOf('force', say('for_shutdown'))] : []),
    ...(timeoutSeconds !== undefined && !takesTimeout
      ? [issueOf('timeoutSeconds', say('for_shutdown_or_reboot'))]
      : []),
  ];
  if (issues.length > 0) throw new InvalidInput(issues);
  return {
    ...(takesTimeout ? { timeoutSeconds: timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS } : {}),
    ...(force === undefined ? {} : { force }),
  };
}
