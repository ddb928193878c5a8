import { afterAll, beforeAll, expect, it } from 'vitest';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import type { User } from '../../db/models/user.ts';
import { createPasswordLinks } from '../../db/password-links.ts';
import { buildUser } from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ loginLimits: { perAddress: 4, perAccount: 3, refusalMs: 0 } });
});
afterAll(async () => api.close());

const PASSWORD = 'a brand new password';
let addresses = 0;
/** An address nobody has used, so that tests do not share a rate limit. */
const fromNewAddress = () => ({ 'X-Forwarded-For': `198.51.100.${(addresses += 1)}` });

async function tokenFor({ id }: User, days = 14): Promise<string> {
  const [made] = await createPasswordLinks(api.database, [id], { publicUrl: 'https://b.test', days });
  return made?.link.split('#')[1] ?? '';
}
const setPassword = async (body: unknown, headers: Record<string, string> = fromNewAddress()) =>
  api.call('POST', '/password', { body, headers });
const logIn = async ({ email }: User, password: string) =>
  api.call('POST', '/login', { body: { email, password }, headers: fromNewAddress() });

it('sets the password of a user who has none, who then logs in with it', async () => {
  const user = await buildUser(api.database, { passwordHash: null });
  const answer = await setPassword({ token: await tokenFor(user), password: PASSWORD });
  expect({ status: answer.status, body: answer.body }).toEqual({ status: 204, body: '' });
  expect((await logIn(user, PASSWORD)).status).toBe(200);
  expect((await user.$query(api.database)).passwordHash).toMatch(/^\$argon2id\$/);
  const entries = await AuditEntry.query(api.database).where({ userId: user.id }).orderBy('id');
  expect(entries[0]).toMatchObject({
    action: 'user.set_password',
    subjectType: 'user',
    subjectId: user.id,
    ip: expect.stringContaining('198.51.100.'),
    details: {},
  });
});

it('ends the sessions of the user and the failures counted against them, and nobody else’s', async () => {
  const [user, other] = [await buildUser(api.database), await buildUser(api.database)];
  const [token, others] = [await api.logIn(user), await api.logIn(other)];
  for (let attempt = 0; attempt < 3; attempt += 1) await logIn(user, 'wrong');
  expect((await setPassword({ token: await tokenFor(user), password: PASSWORD })).status).toBe(204);
  expect((await api.call('GET', '/users/me', { token })).body.code).toBe('session_expired');
  expect((await api.call('GET', '/users/me', { token: others })).status).toBe(200);
  expect((await logIn(user, PASSWORD)).status).toBe(200);
});

it('refuses a link that was used, has expired, is unknown or was overtaken by another', async () => {
  const user = await buildUser(api.database, { passwordHash: null });
  const [used, overtaken, expired] = [await tokenFor(user), await tokenFor(user), await tokenFor(user, -1)];
  expect((await setPassword({ token: used, password: PASSWORD })).status).toBe(204);
  for (const token of [used, overtaken, expired, 'unknown']) {
    const { status, body } = await setPassword({ token, password: 'another password' });
    expect(status).toBe(410);
    expect(body).toMatchObject({
      type: 'urn:berth:problem:invalid_link',
      code: 'invalid_link',
      title: 'This link has expired or has been used.',
      detail: 'Ask your provider for a new one.',
    });
  }
  expect((await logIn(user, PASSWORD)).status).toBe(200);
});

it('names the field that is wrong, and the link stays of use', async () => {
  const user = await buildUser(api.database, { passwordHash: null });
  const token = await tokenFor(user);
  const short = await setPassword({ token, password: '123456789' });
  expect(short.status).toBe(422);
  expect(short.body.issues).toEqual([
    {
      field: 'password',
      message: 'use at least 10 characters',
      said: { code: 'ten_characters', params: {} },
    },
  ]);
  const bare = await setPassword({ password: PASSWORD });
  expect(bare.body.issues).toMatchObject([{ field: 'token' }]);
  expect((await setPassword({ token, password: PASSWORD })).status).toBe(204);
});

it('counts guesses against the address, refuses other sites and writes no secret into the log', async () => {
  const user = await buildUser(api.database, { passwordHash: null });
  const token = await tokenFor(user);
  const headers = fromNewAddress();
  const foreign = await setPassword({ token, password: PASSWORD }, { 'Sec-Fetch-Site': 'cross-site' });
  expect(foreign.body.code).toBe('forbidden');
  for (let attempt = 0; attempt < 4; attempt += 1) {
    expect((await setPassword({ token: 'guess', password: PASSWORD }, headers)).status).toBe(410);
  }
  const limited = await setPassword({ token, password: PASSWORD }, headers);
  expect([limited.status, limited.body.code]).toEqual([429, 'rate_limited']);
  expect((await setPassword({ token, password: PASSWORD })).status).toBe(204);
  const log = api.logLines.join('');
  expect(log).toContain('/password');
  for (const secret of [token, PASSWORD]) expect(log).not.toContain(secret);
});
