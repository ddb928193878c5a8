import { randomBytes, randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDeliverMail } from './deliver-mail.ts';
import type { Mail } from './mailer.ts';
import { requestMail } from '../api/request-mail.ts';
import type { MailLanguage } from '../contract/auth.ts';
import { hashToken } from '../db/hash-token.ts';
import { invitationToken, passwordResetToken } from '../db/mail-links.ts';
import type { User } from '../db/models/user.ts';
import { insertPasswordLink } from '../db/password-links.ts';
import { createSecretBox } from '../db/secrets.ts';
import { attempt } from '../tests/activity.ts';
import { buildAccount, buildUser } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';

const secretBox = createSecretBox(randomBytes(32));
const SITE = 'https://cloud.example.test';
let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(async () => test.drop());

/** One attempt to send it, with what came of it. */
async function deliver(mailId: string, { hasServer = true, key = secretBox } = {}) {
  const sent: Mail[] = [];
  const sendMail = async (mail: Mail) => void sent.push(mail);
  const { database } = test;
  const deliverMail = createDeliverMail({ database, secretBox: key, ...(hasServer ? { sendMail } : {}) });
  const outcome: unknown = await attempt(deliverMail, { mailId }).catch((reason: unknown) => reason);
  return { sent, outcome };
}

async function askFor(user: User, { hours = 1 } = {}): Promise<string> {
  const about = { kind: 'password-reset', aboutId: user.id } as const;
  const { id } = await requestMail(test.database, about, { site: SITE, language: 'en' });
  const token = passwordResetToken(secretBox, id);
  await insertPasswordLink(test.database, { token, userId: user.id, hours });
  return id;
}

async function invite(language: MailLanguage): Promise<string> {
  const owner = await buildUser(test.database, { email: `${randomUUID()}@owner.test` });
  const account = await buildAccount(test.database, { owner, name: 'Ada & Co' });
  const id = randomUUID();
  await test.database('invitations').insert({
    id,
    accountId: account.id,
    role: 'operator',
    email: 'grace@example.org',
    tokenHash: hashToken(invitationToken(secretBox, id)),
    invitedBy: owner.id,
    expiresAt: new Date(Date.now() + 60_000),
  });
  const mail = await requestMail(
    test.database,
    { kind: 'invitation', aboutId: id },
    { site: SITE, language },
  );
  return mail.id;
}

it('sends the same link under the same Message-ID however often it is tried', async () => {
  const mailId = await askFor(await buildUser(test.database));
  const [first, second] = [await deliver(mailId), await deliver(mailId)];
  expect(first.sent).toMatchObject([{ id: `${mailId}@cloud.example.test` }]);
  expect(second).toEqual(first);
});

it.each([
  ['en', 'Invitation to cloud.example.test', /@owner\.test invites you .* Ada & Co .* as operator/],
  ['de', 'Einladung zu cloud.example.test', /@owner\.test lädt Sie ein, .* Ada & Co .* als Bediener/],
] as const)('invites in the language %s', async (language, subject, text) => {
  const { sent } = await deliver(await invite(language));
  expect(sent).toMatchObject([{ to: 'grace@example.org', subject }]);
  expect(sent[0]?.text).toMatch(text);
  expect(sent[0]?.text).toContain(`${SITE}/app/join#`);
});

it('sends none that nobody needs any more', async () => {
  const [disabled, served] = [await buildUser(test.database), await buildUser(test.database)];
  const mails = [await askFor(disabled), await askFor(served), await invite('en'), await invite('en')];
  await disabled.$query(test.database).patch({ disabledAt: new Date() });
  await test.database('password_links').where({ userId: served.id }).update({ usedAt: new Date() });
  const about = (mailId = '') =>
    test
      .database('invitations')
      .whereIn('id', test.database('mails').select('invitationId').where({ id: mailId }));
  await about(mails[2]).update({ usedAt: new Date() });
  await about(mails[3]).delete();
  for (const mailId of mails) expect(await deliver(mailId)).toEqual({ sent: [], outcome: 'not_needed' });
});

it('fails for good when the link has expired', async () => {
  const { outcome, sent } = await deliver(await askFor(await buildUser(test.database), { hours: -1 }));
  expect(outcome).toBeInstanceOf(ApplicationFailure);
  expect(outcome).toMatchObject({ type: 'link_expired', nonRetryable: true });
  expect(sent).toEqual([]);
});

it.each([
  ['mail_not_set_up', { hasServer: false }],
  ['link_unknown', { key: createSecretBox(randomBytes(32)) }],
])('waits for a worker that is set up like the API: %s', async (type, worker) => {
  const { outcome } = await deliver(await askFor(await buildUser(test.database)), worker);
  expect(outcome).toMatchObject({ type, nonRetryable: false });
});
