import { ApplicationFailure } from '@temporalio/common';
import type { MailFailure } from '../contract/mail.ts';

/** RFC 3463: what a status such as 5.1.1 is about, by its second number. */
const ABOUT: Record<string, string> = {
  1: 'the address',
  2: 'the mailbox',
  3: 'the mail system',
  4: 'the way there',
  5: 'the protocol',
  6: 'the content',
  7: 'its policy',
};

/** By these commands a server refuses the mail; by all others, Berth, which whoever runs it can mend. */
const OF_THE_MAIL = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);

/** It cannot be sent, however often that is tried. */
export const finalMailFailure = (code: MailFailure, message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, code);

/** Temporal tries again. */
export const passingMailFailure = (code: MailFailure, message: string): ApplicationFailure =>
  ApplicationFailure.retryable(message, code);

/**
 * What a mail server's refusal means. Of its answer only the numbers are kept: its words may repeat the address, or the
 * link that a filter did not like, and whatever is thrown stands in a history and in logs.
 */
export function toMailFailure(err: unknown): ApplicationFailure {
  const { code, originalCode, command, response = '' } = err as SmtpError;
  const [said, reply, about] = /^(\d{3})(?:[ -]\d\.(\d)\.\d{1,3}\b)?/.exec(response) ?? [];
  if (said === undefined) {
    // It did not come to an answer: nodemailer found no address it could send to, or there is no connection.
    if (code === 'EENVELOPE') return finalMailFailure('mail_refused', 'it cannot be sent to such an address');
    const why = [code, originalCode].filter(Boolean).join(', ') || 'unknown';
    return passingMailFailure('mail_server_unreachable', `the mail server could not be given it (${why})`);
  }
  const answer = `${said.replace('-', ' ')} to ${command ?? 'the connection'}${about && ABOUT[about] ? `, about ${ABOUT[about]}` : ''}`;
  return Number(reply) >= 500 && OF_THE_MAIL.has(command ?? '')
    ? finalMailFailure('mail_refused', `the mail server refused it: ${answer}`)
    : passingMailFailure('mail_put_off', `the mail server put it off: ${answer}`);
}

/** What nodemailer throws. */
interface SmtpError {
  code?: string;
  /** The system's. */
  originalCode?: string;
  command?: string;
  response?: string;
}
