import type { ServerAction } from '../contract/servers.ts';
import type { OperationParams } from '../db/models/operation.ts';
import type { Lifecycle, Server } from '../db/models/server.ts';
import { InvalidInput, issueOf, InvalidState } from './errors.ts';
import { say, type SayingCode } from '../contract/sayings.ts';

const DEFAULT_TIMEOUT_SECONDS = 60;

const ADVICE = {
  provisioning: 'wait_until_built',
  failed: 'order_after_failure',
  cancelled: 'order_after_cancel',
  suspended: 'ask_to_lift',
  deleting: 'delete_again',
  deleted: 'order_another',
} as const satisfies Record<Exclude<Lifecycle, 'active'>, SayingCode>;

/** Throws InvalidState for a server without a VM of its own to act on. An action that changes nothing is fine. */
export function checkActionFits({ name, lifecycle, suspendReason }: Server): void {
  if (lifecycle === 'active') return;
  const title =
    lifecycle === 'suspended' && suspendReason
      ? say('cannot_while_suspended', { server: name, reason: suspendReason })
      : say('cannot_while', { server: name, lifecycle: say(`server_${lifecycle}`) });
  throw new InvalidState(title, say(ADVICE[lifecycle]));
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
