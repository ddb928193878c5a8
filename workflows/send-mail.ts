import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  log,
  proxyActivities,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { LINK_HOURS, type MailFailure, type MailOutcome } from '../contract/mail.ts';
import { mailQueueOf, type MailInput } from '../contract/temporal.ts';
import type { MailActivities } from '../activities/index.ts';
import { database } from './proxies.ts';

/** Tried again with growing pauses for as long as the link in it is good. The heartbeat lets another worker take over. */
const mailServer = ({ mail }: MailInput) =>
  proxyActivities<MailActivities>({
    startToCloseTimeout: '5 minutes',
    scheduleToCloseTimeout: `${LINK_HOURS[mail]} hours`,
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 minutes' },
    summary: `send the ${mail} mail`,
    taskQueue: mailQueueOf(workflowInfo().taskQueue),
  });

/** Sends one mail, or fails with the reason why it cannot be sent. */
export async function sendMail(input: MailInput): Promise<MailOutcome> {
  const { mailId } = input;
  let outcome: MailOutcome;
  try {
    outcome = await mailServer(input).deliverMail({ mailId });
  } catch (err) {
    if (!(err instanceof ActivityFailure) || isCancellation(err)) throw err;
    const { code, message } = reasonOf(err.cause);
    log.warn('a mail could not be sent', { mailId, reason: message });
    await database(message).settleMail({ mailId, outcome: code });
    throw ApplicationFailure.nonRetryable(message, code);
  }
  await database(outcome).settleMail({ mailId, outcome });
  return outcome;
}

function reasonOf(cause: Error | undefined): { code: string; message: string } {
  if (cause instanceof TimeoutFailure && cause.cause) return reasonOf(cause.cause);
  if (cause instanceof ApplicationFailure && cause.type)
    return { code: cause.type, message: cause.nonRetryable ? cause.message : `given up: ${cause.message}` };
  // No worker has taken it, or each one was lost with it.
  const code: MailFailure = 'mail_given_up';
  return { code, message: 'no worker could send it while its link was good' };
}
