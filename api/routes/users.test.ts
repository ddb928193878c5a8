import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OpenSessionList } from '../../contract/account.ts';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import type { User } from '../../db/models/user.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { buildUser, PASSWORD } from '../../tests/builders.ts';

const NEW_PASSWORD = 'another fine password';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ loginLimits: { perAddress: 1000, perAccount: 3, refusalMs: 0 } });
});
afterAll(async () => api.close());

let user: User;
let token: string;
beforeEach(async () => {
  user = await buildUser(api.database, { name: 'Ada' });
  token = await api.logIn(user);
});

const logInFrom = async (userAgent: string, password = PASSWORD) =>
  api.call('POST', '/login', {
    body: { email: user.email, password },
    headers: { 'User-Agent': userAgent, 'X-Forwarded-For': '203.0.113.7' },
  });
const sessions = async (as = token) => {
  const { body } = await api.call('GET', '/users/me/sessions', { token: as });
  return OpenSessionList.parse(body).items;
};
const isAlive = async (as: string) => (await api.call('GET', '/users/me', { token: as })).status === 200;
const actions = async () =>
  (await AuditEntry.query(api.database).where({ userId: user.id }).orderBy('id')).map(({ action }) => action);

describe('the own profile', () => {
  it('takes another name', async () => {
    const { status, body } = await api.call('PATCH', '/users/me', { token, body: { name: ' Ada L. ' } });
    expect([status, body.name]).toEqual([200, 'Ada L.']);
    expect((await api.call('GET', '/users/me', { token })).body).toEqual(body);
    expect(await actions()).toContain('user.rename');
  });

  it('takes no empty name, and no other address', async () => {
    for (const body of [{ name: '  ' }, { name: 'Ada', email: 'eve@example.test' }])
      expect((await api.call('PATCH', '/users/me', { token, body })).body.code).toBe('invalid_input');
  });
});

describe('changing the password', () => {
  const change = async (body: object) => api.call('POST', '/users/me/password', { token, body });

  it('ends all other sessions and lets only the new one in', async () => {
    const other = (await logInFrom('Firefox')).body.accessToken;
    const { status } = await change({ currentPassword: PASSWORD, newPassword: NEW_PASSWORD });
    expect(status).toBe(204);
    expect([await isAlive(token), await isAlive(other)]).toEqual([true, false]);
    expect((await logInFrom('Firefox')).body.code).toBe('invalid_credentials');
    expect((await logInFrom('Firefox', NEW_PASSWORD)).status).toBe(200);
    expect(await actions()).toContain('user.set_password');
  });

  it('names the field that is wrong', async () => {
    const wrong = await change({ currentPassword: 'not mine at all', newPassword: NEW_PASSWORD });
    expect([wrong.status, wrong.body.issues[0].field]).toEqual([422, 'currentPassword']);
    const short = await change({ currentPassword: PASSWORD, newPassword: 'short' });
    expect([short.status, short.body.issues[0].field]).toEqual([422, 'newPassword']);
    expect((await logInFrom('Firefox')).status).toBe(200);
  });

  it('does not let a thief of the session try passwords', async () => {
    const attempt = async () => change({ currentPassword: 'guess', newPassword: NEW_PASSWORD });
    for (let count = 0; count < 3; count += 1) expect((await attempt()).status).toBe(422);
    expect((await attempt()).body.code).toBe('rate_limited');
  });
});

describe('sessions', () => {
  it('are listed with where from and with what, this one marked', async () => {
    await logInFrom('Mozilla/5.0 Firefox/140.0');
    const items = await sessions();
    expect(items).toHaveLength(2);
    expect(items.filter(({ isCurrent }) => isCurrent)).toHaveLength(1);
    expect(items.find(({ isCurrent }) => !isCurrent)).toMatchObject({
      ip: '203.0.113.7',
      userAgent: 'Mozilla/5.0 Firefox/140.0',
    });
  });

  it('say when they were last used, to the minute', async () => {
    const current = async () => (await sessions()).find(({ isCurrent }) => isCurrent)?.lastUsedAt;
    const first = await current();
    expect(Date.now() - Date.parse(first ?? '')).toBeLessThan(60_000);
    expect(await current()).toBe(first);
    await api.database.raw(`update sessions set last_used_at = now() - interval '2 minutes'`);
    expect(Date.now() - Date.parse((await current()) ?? '')).toBeLessThan(60_000);
  });

  it('are ended one by one', async () => {
    const other = (await logInFrom('Firefox')).body.accessToken;
    const id = (await sessions()).find(({ isCurrent }) => !isCurrent)?.id ?? '';
    expect((await api.call('DELETE', `/users/me/sessions/${id}`, { token })).status).toBe(204);
    expect([await isAlive(token), await isAlive(other)]).toEqual([true, false]);
    expect((await api.call('DELETE', `/users/me/sessions/${id}`, { token })).status).toBe(404);
    expect(await actions()).toContain('session.end');
  });

  it('are ended all at once, but for this one', async () => {
    const others = [await logInFrom('Firefox'), await logInFrom('curl')];
    expect((await api.call('DELETE', '/users/me/sessions', { token })).status).toBe(204);
    expect(await isAlive(token)).toBe(true);
    for (const { body } of others) expect(await isAlive(body.accessToken)).toBe(false);
    expect(await actions()).toContain('session.end_others');
  });

  it('of somebody else are none of their business', async () => {
    const stranger = await buildUser(api.database);
    const strangers = await api.logIn(stranger);
    const [theirs] = await sessions(strangers);
    expect((await api.call('DELETE', `/users/me/sessions/${theirs?.id}`, { token })).status).toBe(404);
    expect(await isAlive(strangers)).toBe(true);
  });
});
