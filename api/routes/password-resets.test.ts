import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import type { User } from '../../db/models/user.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { buildUser } from '../../tests/builders.ts';
import { newMails, tokenIn } from '../../tests/mails.ts';
import type { Temporal } from '../deps.ts';

const SITE = 'https://cloud.example.test';
const REFUSAL_MS = 300;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({
    publicUrl: SITE,
    sendsMail: true,
    loginLimits: { resetsPerAddress: 4, resetsPerAccount: 2, refusalMs: REFUSAL_MS },
  });
});
afterAll(async () => api.close());

let addresses = 0;
/** An address nobody has used, so that tests do not share a rate limit. */
const fromNewAddress = () => ({ 'X-Forwarded-For': `198.51.100.${(addresses += 1)}` });
const ask = async (email: string, more: object = {}, headers: Record<string, string> = fromNewAddress()) =>
  api.call('POST', '/password-resets', { body: { email, ...more }, headers });
/** The token of the one mail that was asked for. */
const mailedToken = async (): Promise<string> => tokenIn((await newMails(api))[0]?.text);
const setPassword = async (token: string) =>
  api.call('POST', '/password', {
    body: { token, password: 'a brand new password' },
    headers: fromNewAddress(),
  });
const expireLinksOf = async ({ id }: User, hours: number) =>
  api
    .database('password_links')
    .where({ userId: id })
    .update({
      expiresAt: api.database.raw(`expires_at - interval '${hours} hours'`),
    });

describe('a link by e-mail', () => {
  it('sets a password once, ends the sessions and stands in the audit log', async () => {
    const user = await buildUser(api.database);
    const session = await api.logIn(user);
    expect((await ask(user.email.toUpperCase())).status).toBe(204);
    const sent = await newMails(api);
    expect(sent).toMatchObject([{ to: user.email, subject: 'Set a new password for cloud.example.test' }]);
    expect(sent[0]?.text).toContain(`${SITE}/app/set-password#`);
    const token = tokenIn(sent[0]?.text);
    expect((await api.call('GET', '/users/me', { token: session })).status).toBe(200);
    expect((await setPassword(token)).status).toBe(204);
    expect((await api.call('GET', '/users/me', { token: session })).body.code).toBe('session_expired');
    expect((await setPassword(token)).status).toBe(410);
    const deeds = await AuditEntry.query(api.database).where({ subjectId: user.id }).orderBy('id');
    expect(deeds.map(({ action }) => action)).toEqual(['user.forget_password', 'user.set_password']);
    expect(api.logLines.join('')).not.toContain(token);
  });

  it('is good for an hour', async () => {
    const user = await buildUser(api.database);
    await ask(user.email);
    const late = await mailedToken();
    await expireLinksOf(user, 1);
    expect((await setPassword(late)).body.code).toBe('invalid_link');
    await ask(user.email);
    const inTime = await mailedToken();
    await expireLinksOf(user, 0.9);
    expect((await setPassword(inTime)).status).toBe(204);
  });

  it('comes in the language that was asked for', async () => {
    const user = await buildUser(api.database);
    await ask(user.email, { language: 'de' });
    expect((await newMails(api))[0]?.subject).toBe('Neues Passwort für cloud.example.test');
    expect((await ask(user.email, { language: 'tlh' })).body.code).toBe('invalid_input');
  });
});

describe('the answer', () => {
  it('is the same, and no quicker, for an address that nobody or a disabled user has', async () => {
    const known = await buildUser(api.database);
    const disabled = await buildUser(api.database, { disabledAt: new Date() });
    const answers = [];
    for (const email of [known.email, 'nobody@example.test', disabled.email]) {
      const startedAt = performance.now();
      const { status, body } = await ask(email);
      answers.push({ status, body, isLate: performance.now() - startedAt >= REFUSAL_MS });
    }
    expect(answers).toEqual(answers.map(() => ({ status: 204, body: '', isLate: true })));
    expect((await newMails(api)).map(({ to }) => to)).toEqual([known.email]);
  });

  it('does not wait for Temporal, which may be away: the mail is left to the sweeper', async () => {
    const user = await buildUser(api.database);
    const away = await startTestApi({
      database: api.database,
      publicUrl: SITE,
      sendsMail: true,
      loginLimits: { refusalMs: REFUSAL_MS },
      temporal: { ...api.temporal.client, withDeadline: async () => new Promise(() => {}) } as Temporal,
    });
    const { status } = await away.call('POST', '/password-resets', { body: { email: user.email } });
    await away.close();
    const left = await api.database('mails').where({ userId: user.id });
    expect({ status, left }).toMatchObject({ status: 204, left: [{ outcome: null }] });
  });

  it('is the same once an address had enough mails, which then stop', async () => {
    const user = await buildUser(api.database);
    const statuses = [];
    for (let time = 0; time < 3; time += 1) statuses.push((await ask(user.email)).status);
    expect(statuses).toEqual([204, 204, 204]);
    expect(await newMails(api)).toHaveLength(2);
  });

  it('is a refusal to a network that asks too often, and to other sites', async () => {
    const headers = fromNewAddress();
    for (let time = 0; time < 4; time += 1)
      expect((await ask(`nobody-${time}@example.test`, {}, headers)).status).toBe(204);
    expect((await ask('nobody@example.test', {}, headers)).body.code).toBe('rate_limited');
    const foreign = { ...fromNewAddress(), 'Sec-Fetch-Site': 'cross-site' };
    expect((await ask('nobody@example.test', {}, foreign)).body.code).toBe('forbidden');
  });
});

it('says so where Berth sends no mail', async () => {
  const mute = await startTestApi();
  try {
    const { status, body } = await mute.call('POST', '/password-resets', {
      body: { email: 'a@example.test' },
    });
    expect([status, body.code, body.detail]).toEqual([409, 'invalid_state', 'Ask your provider for a link.']);
  } finally {
    await mute.close();
  }
});
