import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Session } from '../../contract/auth.ts';
import { CreatedPerson, ManagedAccountList, PasswordLink, PersonList } from '../../contract/people.ts';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import type { User } from '../../db/models/user.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import {
  buildAccount,
  buildApiToken,
  buildCatalog,
  buildMember,
  buildServer,
  buildUser,
  PASSWORD,
} from '../../tests/builders.ts';

let api: TestApi;
let admin: User;
let token: string;
beforeAll(async () => {
  api = await startTestApi();
  admin = await buildUser(api.database, { role: 'admin' });
  token = await api.logIn(admin);
});
afterAll(async () => api.close());

const emailsOf = async (query: string) =>
  PersonList.parse((await api.call('GET', `/admin/users?${query}`, { token })).body).items.map(
    ({ email }) => email,
  );
const someCustomer = async (name = 'Some Account') => {
  const user = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner: user, name });
  return { user, account };
};
const auditOf = async (subjectId: string) =>
  (await AuditEntry.query(api.database).where({ subjectId }).orderBy('id')).map(({ action }) => action);

describe('users', () => {
  it('are found by their address, name or account, whatever the case', async () => {
    const { user } = await someCustomer('Müller & Söhne');
    expect(await emailsOf(`search=${user.email.slice(0, 20).toUpperCase()}`)).toEqual([user.email]);
    expect(await emailsOf('search=s%C3%B6hne')).toEqual([user.email]);
    expect(await emailsOf('search=100%25')).toEqual([]);
  });

  it('are paged without gap or repeat', async () => {
    for (let number = 0; number < 3; number += 1) await someCustomer('Paged');
    const read = async (cursor: string | null) => {
      const after = cursor ? `&cursor=${cursor}` : '';
      const { body } = await api.call('GET', `/admin/users?search=paged&limit=2${after}`, { token });
      return PersonList.parse(body);
    };
    const first = await read(null);
    const second = await read(first.nextCursor);
    expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(3);
    expect(second.nextCursor).toBeNull();
  });

  it('are added with an account and a link, and set their password by it', async () => {
    const email = `new-${randomUUID()}@example.test`;
    const { status, body } = await api.call('POST', '/admin/users', { token, body: { email, name: 'New' } });
    const { user, passwordLink } = CreatedPerson.parse(body);
    expect([status, user.hasPassword, user.accounts.map(({ role }) => role)]).toEqual([
      201,
      false,
      ['owner'],
    ]);
    const given = { token: new URL(passwordLink.link).hash.slice(1), password: PASSWORD };
    expect((await api.call('POST', '/password', { body: given })).status).toBe(204);
    expect((await api.call('POST', '/login', { body: { email, password: PASSWORD } })).status).toBe(200);
    const again = await api.call('POST', '/admin/users', { token, body: { email: email.toUpperCase() } });
    expect(again.body.code).toBe('name_taken');
  });

  it('who are disabled are logged out at once and get no link until they are enabled', async () => {
    const { user } = await someCustomer();
    const theirs = await api.logIn(user);
    const disable = async (disabled: boolean) =>
      api.call('PATCH', `/admin/users/${user.id}`, { token, body: { disabled } });
    expect((await disable(true)).body.disabledAt).toEqual(expect.any(String));
    expect((await api.call('GET', '/users/me', { token: theirs })).status).toBe(401);
    const link = async () => api.call('POST', `/admin/users/${user.id}/password-link`, { token });
    expect((await link()).body.code).toBe('invalid_state');
    await disable(false);
    expect(PasswordLink.parse((await link()).body).link).toContain('/app/set-password#');
    expect(await auditOf(user.id)).toEqual(['user.disable', 'user.enable', 'user.password_link']);
  });

  it('cannot disable themselves', async () => {
    const { status } = await api.call('PATCH', `/admin/users/${admin.id}`, {
      token,
      body: { disabled: true },
    });
    expect(status).toBe(409);
  });
});

describe('signing in as somebody', () => {
  const signInAs = async (id: string, as = token) =>
    api.call('POST', `/admin/users/${id}/sessions`, { token: as });

  it('shows what they see, names the administrator, and sets no cookie', async () => {
    const { user } = await someCustomer();
    const { status, headers, body } = await signInAs(user.id);
    const session = Session.parse(body);
    expect([status, headers.get('Set-Cookie'), session.expiresIn]).toEqual([201, null, 3600]);
    expect(session.user).toMatchObject({ id: user.id, actingAdmin: admin.email });
    const me = await api.call('GET', '/users/me', { token: session.accessToken });
    expect(me.body.actingAdmin).toBe(admin.email);
    expect((await api.call('GET', '/admin/users', { token: session.accessToken })).status).toBe(403);
  });

  it('records what is done as the administrator’s', async () => {
    const { user, account } = await someCustomer();
    const catalog = await buildCatalog(api.database);
    const server = await buildServer(api.database, { account, catalog });
    const { accessToken } = Session.parse((await signInAs(user.id)).body);
    await api.call('PATCH', `/servers/${server.id}`, { token: accessToken, body: { name: 'seen' } });
    const [entry] = await AuditEntry.query(api.database).where({ subjectId: server.id });
    expect(entry).toMatchObject({ userId: user.id, adminId: admin.id });
    expect(await auditOf(user.id)).toEqual(['session.act_as']);
  });

  it('ends when they leave, and when they are no administrator any more', async () => {
    const { user } = await someCustomer();
    const other = await buildUser(api.database, { role: 'admin' });
    const otherToken = await api.logIn(other);
    const mine = Session.parse((await signInAs(user.id)).body).accessToken;
    const others = Session.parse((await signInAs(user.id, otherToken)).body).accessToken;
    const seen = async (as: string) => (await api.call('GET', '/users/me', { token: as })).status;
    expect((await api.call('DELETE', `/admin/users/${user.id}/sessions`, { token })).status).toBe(204);
    expect([await seen(mine), await seen(others)]).toEqual([401, 200]);
    await other.$query(api.database).patch({ role: 'customer' });
    expect(await seen(others)).toBe(401);
    expect(await auditOf(user.id)).toEqual(['session.act_as', 'session.act_as', 'session.leave']);
  });

  it('is refused for administrators, the disabled, and with an API token', async () => {
    const other = await buildUser(api.database, { role: 'admin' });
    const gone = await buildUser(api.database, { disabledAt: new Date() });
    const apiToken = await buildApiToken(api.database, admin, { isStaff: true });
    const { user } = await someCustomer();
    expect((await signInAs(other.id)).status).toBe(409);
    expect((await signInAs(gone.id)).status).toBe(409);
    expect((await signInAs(user.id, apiToken)).status).toBe(403);
    expect((await signInAs(randomUUID())).status).toBe(404);
  });
});

describe('accounts', () => {
  const change = async (id: string, body: object) =>
    api.call('PATCH', `/admin/accounts/${id}`, { token, body });

  it('are found by their name and by a member, with what they have', async () => {
    const { user, account } = await someCustomer('Lighthouse Ltd');
    const member = await buildMember(api.database, { account, role: 'viewer' });
    await buildServer(api.database, { account, catalog: await buildCatalog(api.database) });
    for (const search of ['lighthouse', member.email]) {
      const { body } = await api.call('GET', `/admin/accounts?search=${search}`, { token });
      const [found, ...others] = ManagedAccountList.parse(body).items;
      expect(others).toEqual([]);
      expect(found).toMatchObject({ id: account.id, maxServers: 10, servers: 1, suspendedAt: null });
      expect(found?.members.map(({ email, role }) => `${email} ${role}`).sort()).toEqual(
        [`${member.email} viewer`, `${user.email} owner`].sort(),
      );
    }
  });

  it('get another quota, and order nothing while they are suspended', async () => {
    const { user, account } = await someCustomer();
    const { plan, template } = await buildCatalog(api.database);
    expect((await change(account.id, { maxServers: 1, suspended: true })).body.maxServers).toBe(1);
    const order = async () =>
      api.call('POST', '/servers', {
        token: await api.logIn(user),
        body: { name: 'web', planId: plan.id, templateId: template.id, password: PASSWORD },
      });
    expect((await order()).body.title).toBe('This account is suspended.');
    expect((await change(account.id, { suspended: false })).body.suspendedAt).toBeNull();
    expect((await order()).status).toBe(202);
    expect((await order()).body.code).toBe('quota_exceeded');
    expect(await auditOf(account.id)).toEqual(['account.update', 'account.update']);
  });

  it.each([{}, { maxServers: -1 }, { name: 'x' }])('refuse %j', async (body) => {
    const { account } = await someCustomer();
    expect((await change(account.id, body)).body.code).toBe('invalid_input');
  });

  it('that are none are not there', async () => {
    expect((await change(randomUUID(), { maxServers: 1 })).status).toBe(404);
  });
});
