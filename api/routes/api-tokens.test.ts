import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiTokenList, NewApiToken, type CreateApiToken } from '../../contract/account.ts';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import type { User } from '../../db/models/user.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { buildAccount, buildUser } from '../../tests/builders.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api.close());

let user: User;
let session: string;
beforeEach(async () => {
  user = await buildUser(api.database);
  await buildAccount(api.database, { owner: user });
  session = await api.logIn(user);
});

const create = async (body: Partial<CreateApiToken> = {}, token = session) =>
  api.call('POST', '/users/me/tokens', { token, body: { name: 'deploy', permission: 'manage', ...body } });
const made = async (body: Partial<CreateApiToken> = {}) => NewApiToken.parse((await create(body)).body);
const list = async () =>
  ApiTokenList.parse((await api.call('GET', '/users/me/tokens', { token: session })).body).items;
const statusWith = async (token: string, from = '203.0.113.7') =>
  (await api.call('GET', '/servers', { token, headers: { 'X-Forwarded-For': from } })).status;

describe('an API token', () => {
  it('is shown once, works, and is known by its hint and its last use', async () => {
    const answer = await create();
    expect(answer.status).toBe(201);
    const { token, ...rest } = NewApiToken.parse(answer.body);
    expect(token).toMatch(/^berth_[\w-]{43}$/);
    expect(await list()).toEqual([rest]);
    expect(rest).toMatchObject({ lastUsedAt: null, expiresAt: null, sources: null, isStaff: false });
    expect(await statusWith(token)).toBe(200);
    const [used] = await list();
    expect(used).toMatchObject({ hint: token.slice(0, 10), lastUsedIp: '203.0.113.7' });
    expect(Date.now() - Date.parse(used?.lastUsedAt ?? '')).toBeLessThan(60_000);
    expect(JSON.stringify(await api.database('api_tokens').select())).not.toContain(token);
  });

  it('does at most what it was made for', async () => {
    const { token } = await made({ permission: 'view' });
    const { status, body } = await api.call('POST', '/servers', { token, body: {} });
    expect([status, body.title]).toEqual([403, 'This API token may only view.']);
  });

  it('works from its networks only', async () => {
    const { token, sources } = await made({ sources: ['198.51.100.7/24', '2001:db8::1'] });
    expect(sources).toEqual(['198.51.100.0/24', '2001:db8::1/128']);
    expect(await statusWith(token, '198.51.100.200')).toBe(200);
    expect(await statusWith(token, '2001:db8::1')).toBe(200);
    expect(await statusWith(token, '203.0.113.7')).toBe(401);
  });

  it('works until it expires, and is listed after that', async () => {
    const { token } = await made({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
    expect(await statusWith(token)).toBe(200);
    await api.database.raw(
      `update api_tokens set expires_at = now() - interval '1 minute' where user_id = ?`,
      [user.id],
    );
    expect(await statusWith(token)).toBe(401);
    expect(await list()).toHaveLength(1);
  });

  it('is gone at once when it is revoked', async () => {
    const { token, id } = await made();
    const revoke = async () => api.call('DELETE', `/users/me/tokens/${id}`, { token: session });
    expect((await revoke()).status).toBe(204);
    expect(await statusWith(token)).toBe(401);
    expect(await list()).toEqual([]);
    expect((await revoke()).status).toBe(404);
  });

  it('is revoked by nobody else', async () => {
    const { token, id } = await made();
    const stranger = await api.logIn(await buildUser(api.database));
    expect((await api.call('DELETE', `/users/me/tokens/${id}`, { token: stranger })).status).toBe(404);
    expect(await statusWith(token)).toBe(200);
  });

  it('makes no other tokens', async () => {
    const { token } = await made();
    expect((await create({}, token)).status).toBe(403);
  });

  it('leaves who made and revoked it in the audit log, and itself in no log', async () => {
    const { token, id } = await made();
    await api.call('DELETE', `/users/me/tokens/${id}`, { token: session });
    const entries = await AuditEntry.query(api.database).where({ subjectId: id }).orderBy('id');
    expect(entries.map(({ action, details }) => [action, details['name']])).toEqual([
      ['token.create', 'deploy'],
      ['token.revoke', 'deploy'],
    ]);
    expect(api.logLines.join('')).not.toContain(token);
  });
});

describe('what is refused', () => {
  it.each<[string, Partial<Record<keyof CreateApiToken, unknown>>]>([
    ['name', { name: ' ' }],
    ['permission', { permission: 'own' }],
    ['sources.0', { sources: ['203.0.113.0/33'] }],
    ['expiresAt', { expiresAt: '2020-01-01T00:00:00Z' }],
  ])('%s', async (field, body) => {
    const answer = await create(body as Partial<CreateApiToken>);
    expect([answer.status, answer.body.issues[0].field]).toEqual([422, field]);
  });

  it('a token for administration, to a customer; an administrator gets one', async () => {
    expect((await create({ isStaff: true })).status).toBe(403);
    const admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
    const { body } = await create({ isStaff: true }, admin);
    expect((await api.call('GET', '/admin/clusters', { token: body.token })).status).toBe(200);
  });

  it('more than fifty', async () => {
    await api.database.raw(
      `insert into api_tokens (user_id, name, token_hash, hint, permission)
       select ?, 'old', gen_random_uuid()::text, 'berth_1234', 'view' from generate_series(1, 50)`,
      [user.id],
    );
    expect((await create()).body.code).toBe('quota_exceeded');
  });
});
