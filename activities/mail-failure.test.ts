import { expect, it } from 'vitest';
import { createMailer } from './mailer.ts';
import { toMailFailure } from './mail-failure.ts';
import { startMailServer, type MailServer } from '../tests/mail-server.ts';

const LINK = 'https://cloud.example.test/app/join#secret-token';
const MAIL = { id: 'one@cloud.example.test', to: 'ada@example.org', subject: 'Hello', text: `${LINK}\n` };

async function failure(prepare: (server: MailServer) => unknown, to = MAIL.to) {
  const server = await startMailServer();
  await prepare(server);
  const send = createMailer(server.url, 'no-reply@example.net');
  const err: unknown = await send({ ...MAIL, to }).then(
    () => new Error('it was sent'),
    (reason: unknown) => reason,
  );
  const { type, message, nonRetryable, cause, details } = toMailFailure(err);
  expect({ cause, details: details ?? [] }).toEqual({ cause: undefined, details: [] });
  return { type, message, isFinal: nonRetryable === true };
}

it.each([
  [
    'RCPT',
    '450 4.7.1 Greylisted',
    'mail_put_off',
    'the mail server put it off: 450 4.7.1 to RCPT TO, about its policy',
    false,
  ],
  ['MAIL', '421 too busy', 'mail_put_off', 'the mail server put it off: 421 to MAIL FROM', false],
  [
    'RCPT',
    '550 5.1.1 <ada@example.org>: no such user',
    'mail_refused',
    'the mail server refused it: 550 5.1.1 to RCPT TO, about the address',
    true,
  ],
  [
    'taken',
    `554 5.7.1 spam: ${LINK}`,
    'mail_refused',
    'the mail server refused it: 554 5.7.1 to DATA, about its policy',
    true,
  ],
  [
    'taken',
    '552-5.2.2 The mailbox\r\n552 5.2.2 is full',
    'mail_refused',
    'the mail server refused it: 552 5.2.2 to DATA, about the mailbox',
    true,
  ],
] as const)('%s answered with %s is %s', async (command, reply, type, message, isFinal) => {
  expect(await failure((server) => server.answer(command, reply))).toEqual({ type, message, isFinal });
});

it('a mail server that cannot be reached may come back', async () => {
  expect(await failure(async (server) => server.stop())).toEqual({
    type: 'mail_server_unreachable',
    message: 'the mail server could not be given it (ESOCKET, ECONNREFUSED)',
    isFinal: false,
  });
});

it('a login that is refused is for whoever runs Berth to mend', () => {
  const refusal = { code: 'EAUTH', command: 'AUTH PLAIN', response: '535 5.7.8 Error: berth, hunter2' };
  expect(toMailFailure(Object.assign(new Error('Invalid login'), refusal))).toMatchObject({
    type: 'mail_put_off',
    nonRetryable: false,
    message: 'the mail server put it off: 535 5.7.8 to AUTH PLAIN, about its policy',
  });
});

it('an address that is none is refused', async () => {
  expect(await failure(() => undefined, '')).toMatchObject({ type: 'mail_refused', isFinal: true });
});
