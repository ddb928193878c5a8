import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuditEntryList } from '../../contract/audit-log.ts';
import { hashToken } from '../../db/hash-token.ts';
import type { Account } from '../../db/models/account.ts';
import type { User } from '../../db/models/user.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import {
  buildAccount,
  buildApiToken,
  buildCatalog,
  buildMember,
  buildServer,
  buildUser,
  type Catalog,
} from '../../tests/builders.ts';
import type { Server } from '../../db/models/server.ts';

let api: TestApi;
let catalog: Catalog;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database);
});
afterAll(async () => api.close());

let owner: User;
let account: Account;
let server: Server;
beforeEach(async () => {
  owner = await buildUser(api.database);
  account = await buildAccount(api.database, { owner, name: 'Ada Ltd' });
  server = await buildServer(api.database, { account, catalog, name: 'web-1' });
});

const list = async (user: User, query = '') => {
  const { body } = await api.call('GET', `/audit-log${query}`, { token: await api.logIn(user) });
  return AuditEntryList.parse(body);
};
const ofServer = async (user: User) =>
  (await list(user)).items.filter(({ action }) => action === 'server.update');
const rename = async (token: string, name = 'web-2') =>
  api.call('PATCH', `/servers/${server.id}`, {
    token,
    body: { name },
    headers: { 'X-Forwarded-For': '203.0.113.7' },
  });

describe('the audit log', () => {
  it('says who did what, to what, when, from where', async () => {
    await rename(await api.logIn(owner));
    const [entry] = await ofServer(owner);
    expect(entry).toMatchObject({
      action: 'server.update',
      actor: 'you',
      actorName: owner.email,
      accountName: 'Ada Ltd',
      serverId: server.id,
      serverName: 'web-2',
      ip: '203.0.113.7',
      tokenName: null,
    });
    expect(Date.now() - Date.parse(entry?.at ?? '')).toBeLessThan(60_000);
  });

  it('names the API token it was done with', async () => {
    await rename(await buildApiToken(api.database, owner, { name: 'terraform' }));
    expect((await ofServer(owner))[0]).toMatchObject({ actor: 'you', tokenName: 'terraform' });
  });

  it('shows those who manage an account what others did in it, and those who do not only their own deeds', async () => {
    const operator = await buildMember(api.database, { account, role: 'operator' });
    const viewer = await buildMember(api.database, { account, role: 'viewer' });
    await rename(await api.logIn(operator));
    expect((await ofServer(owner))[0]).toMatchObject({ actor: 'member', actorName: operator.email });
    expect((await ofServer(operator))[0]).toMatchObject({ actor: 'you' });
    expect(await ofServer(viewer)).toEqual([]);
  });

  it('shows nothing of other accounts', async () => {
    const stranger = await buildUser(api.database);
    await buildAccount(api.database, { owner: stranger });
    await rename(await api.logIn(owner));
    expect(await ofServer(stranger)).toEqual([]);
  });

  it('shows what the provider did as the provider, not who and where they are', async () => {
    const admin = await buildUser(api.database, { role: 'admin' });
    await rename(await api.logIn(admin));
    expect((await ofServer(owner))[0]).toMatchObject({
      actor: 'provider',
      actorName: null,
      ip: null,
      details: {},
    });
  });

  it('goes back page by page', async () => {
    const token = await api.logIn(owner);
    for (const name of ['a-1', 'a-2', 'a-3']) await rename(token, name);
    const first = await list(owner, '?limit=2');
    expect(first.items).toHaveLength(2);
    const ids = [...first.items];
    let before = first.nextBefore;
    while (before) {
      const page = await list(owner, `?limit=2&before=${before}`);
      ids.push(...page.items);
      before = page.nextBefore;
    }
    expect(ids.filter(({ action }) => action === 'server.update')).toHaveLength(3);
    expect(new Set(ids.map(({ id }) => id)).size).toBe(ids.length);
  });

  it('is filtered by whose deeds, by words and by time', async () => {
    const operator = await buildMember(api.database, { account, role: 'operator' });
    await rename(await api.logIn(owner), 'first');
    await rename(await buildApiToken(api.database, operator, { name: 'terraform' }), 'second');
    const admin = await buildUser(api.database, { role: 'admin' });
    await rename(await api.logIn(admin), 'third');
    const found = async (query: string) =>
      (await list(owner, query)).items
        .filter(({ action }) => action === 'server.update')
        .map(({ actor }) => actor);
    expect(await found('')).toEqual(['provider', 'member', 'you']);
    expect(await found('?actor=member')).toEqual(['member']);
    expect(await found('?search=TERRA')).toEqual(['member']);
    expect(await found('?search=third')).toEqual(['provider', 'member', 'you']);
    expect(await found(`?search=${encodeURIComponent(admin.email)}`)).toEqual([]);
    expect(await found('?search=server.update&actor=you')).toEqual(['you']);
    const [, middle] = (await list(owner)).items.filter(({ action }) => action === 'server.update');
    const at = encodeURIComponent(middle?.at ?? '');
    expect(await found(`?since=${at}`)).toEqual(['provider', 'member']);
    expect(await found(`?until=${at}`)).toEqual(['you']);
    // PostgreSQL knows no such offset.
    expect(await found('?until=2026-01-01T00:00:00-17:50')).toEqual([]);
  });

  it('refuses what is no moment, and names it', async () => {
    const token = await api.logIn(owner);
    for (const since of ['yesterday', '2026-02-30T00:00:00Z', '0000-01-01T00:00:00Z']) {
      const { status, body } = await api.call('GET', `/audit-log?since=${since}`, { token });
      expect([since, status]).toEqual([since, 422]);
      expect(body.issues).toMatchObject([{ field: 'since' }]);
    }
  });

  it('refuses what is no entry', async () => {
    const { status } = await api.call('GET', '/audit-log?before=x', { token: await api.logIn(owner) });
    expect(status).toBe(422);
  });
});

describe('the audit of a server', () => {
  const ask = async (token: string, query = '', id = server.id) =>
    api.call('GET', `/servers/${id}/audit${query}`, { token });
  const read = async (user: User, query = '') =>
    AuditEntryList.parse((await ask(await api.logIn(user), query)).body);
  const grant = async (role: 'viewer' | 'operator' | 'admin') => {
    const guest = await buildUser(api.database);
    await api.database('server_grants').insert({ serverId: server.id, userId: guest.id, role });
    return guest;
  };
  const actAs = async (user: User, admin: User) => {
    const token = await api.logIn(user);
    await api.database('sessions').where({ userId: user.id }).update({ adminId: admin.id });
    return token;
  };

  it('says of an operation who asked for it and who cancelled it', async () => {
    const token = await api.logIn(owner);
    const { body } = await api.call('POST', `/servers/${server.id}/actions`, {
      token,
      body: { action: 'reboot' },
    });
    const operationId = body.operation.id;
    await api.call('POST', `/operations/${operationId}/cancel`, { token });
    await rename(token);
    expect(
      (await read(owner)).items.map(({ action, actor, operationId }) => [action, actor, operationId]),
    ).toEqual([
      ['server.update', 'you', null],
      ['operation.cancel', 'you', operationId],
      ['server.reboot', 'you', operationId],
    ]);
  });

  const READERS = {
    owner: { read: async () => owner, seesWhere: true },
    admin: { read: async () => buildMember(api.database, { account, role: 'admin' }), seesWhere: true },
    operator: {
      read: async () => buildMember(api.database, { account, role: 'operator' }),
      seesWhere: false,
    },
    viewer: { read: async () => buildMember(api.database, { account, role: 'viewer' }), seesWhere: false },
    'guest who may manage it': { read: async () => grant('admin'), seesWhere: true },
    'guest who may look at it': { read: async () => grant('viewer'), seesWhere: false },
    administrator: { read: async () => buildUser(api.database, { role: 'admin' }), seesWhere: true },
  };
  it.each(Object.entries(READERS))(
    'tells the %s who did it; from where and with which token if they manage the server',
    async (_, { read: reader, seesWhere }) => {
      const member = await buildMember(api.database, { account, role: 'operator' });
      await rename(await buildApiToken(api.database, member, { name: 'terraform' }));
      expect((await read(await reader())).items).toMatchObject([
        {
          action: 'server.update',
          actor: 'member',
          actorName: member.email,
          ip: seesWhere ? '203.0.113.7' : null,
          tokenName: seesWhere ? 'terraform' : null,
          details: { name: 'web-2', formerName: 'web-1' },
        },
      ]);
    },
  );

  it('tells everybody all of their own deeds', async () => {
    const operator = await buildMember(api.database, { account, role: 'operator' });
    await rename(await buildApiToken(api.database, operator, { name: 'terraform' }));
    expect((await read(operator)).items).toMatchObject([
      { actor: 'you', actorName: operator.email, ip: '203.0.113.7', tokenName: 'terraform' },
    ]);
  });

  it('tells a token that may only look no more than a viewer', async () => {
    await rename(await api.logIn(await buildMember(api.database, { account, role: 'operator' })));
    const { body } = await ask(await buildApiToken(api.database, owner, { permission: 'view' }));
    expect(body.items).toMatchObject([{ actor: 'member', ip: null }]);
  });

  it.each(['itself', 'as the owner'])(
    'shows customers what the provider did %s as the provider, and to administrators who it was',
    async (how) => {
      const admin = await buildUser(api.database, { role: 'admin' });
      await rename(how === 'itself' ? await api.logIn(admin) : await actAs(owner, admin));
      const customers = [owner, await buildMember(api.database, { account, role: 'viewer' })];
      for (const customer of customers)
        expect((await read(customer)).items).toMatchObject([
          { actor: 'provider', actorName: null, ip: null, tokenName: null, details: {} },
        ]);
      const other = await buildUser(api.database, { role: 'admin' });
      expect((await read(other)).items).toMatchObject([
        { actor: 'provider', actorName: admin.email, ip: '203.0.113.7', details: { name: 'web-2' } },
      ]);
    },
  );

  it('has what was shared of it, and whom with for those who manage it only', async () => {
    const token = await api.logIn(owner);
    const email = 'guest@example.test';
    const invite = async (body: object) =>
      api.call('POST', `/accounts/${account.id}/invitations`, { token, body: { role: 'viewer', ...body } });
    await invite({ email });
    const { body } = await invite({ email, serverId: server.id });
    await api.call('DELETE', `/accounts/${account.id}/invitations/${body.id}`, { token });
    const { items } = await read(owner);
    expect(items.map(({ action }) => action)).toEqual(['invitation.revoke', 'invitation.create']);
    expect(items[1]?.details).toMatchObject({ email });
    const seen = await read(await buildMember(api.database, { account, role: 'viewer' }));
    expect(seen.items).toMatchObject([{ details: {} }, { action: 'invitation.create', details: {} }]);
  });

  it('has nothing of the other servers of the account', async () => {
    const other = await buildServer(api.database, { account, catalog, name: 'db-1' });
    await rename(await api.logIn(owner));
    expect((await ask(await api.logIn(owner), '', other.id)).body.items).toEqual([]);
  });

  it('goes back page by page', async () => {
    const token = await api.logIn(owner);
    for (const name of ['a-1', 'a-2', 'a-3']) await rename(token, name);
    const first = await read(owner, '?limit=2');
    const second = await read(owner, `?limit=2&before=${first.nextBefore}`);
    expect([...first.items, ...second.items].map(({ details }) => details['name'])).toEqual([
      'a-3',
      'a-2',
      'a-1',
    ]);
    expect(second.nextBefore).toBeNull();
  });

  it('stays when the server is deleted', async () => {
    await rename(await api.logIn(owner));
    await server.$query(api.database).patch({ lifecycle: 'deleted', deletedAt: new Date() });
    expect((await read(owner)).items).toMatchObject([{ action: 'server.update' }]);
  });

  it('is nothing to another customer, not even to one who once did something to it', async () => {
    const stranger = await grant('operator');
    await buildAccount(api.database, { owner: stranger });
    await rename(await api.logIn(stranger));
    await api.database('server_grants').where({ userId: stranger.id }).delete();
    const { status, body } = await ask(await api.logIn(stranger));
    expect([status, body.code]).toEqual([404, 'not_found']);
  });
});

describe('the export', () => {
  it('has what is kept about somebody, and none of their secrets or of other accounts', async () => {
    const stranger = await buildUser(api.database);
    await buildServer(api.database, {
      account: await buildAccount(api.database, { owner: stranger }),
      catalog,
      name: 'not-theirs',
    });
    const apiToken = await buildApiToken(api.database, owner, { name: 'terraform' });
    const token = await api.logIn(owner);
    const { status, body, headers } = await api.call('GET', '/users/me/export', { token });
    expect(status).toBe(200);
    expect(headers.get('Content-Disposition')).toContain('attachment');
    expect(body).toMatchObject({
      user: { email: owner.email },
      accounts: [{ name: 'Ada Ltd', role: 'owner' }],
      apiTokens: [{ name: 'terraform' }],
      servers: [{ name: 'web-1' }],
      sshKeys: [],
    });
    expect(body.sessions).toHaveLength(1);
    expect(body.auditLog.map(({ action }: { action: string }) => action)).toContain('user.export');
    const text = JSON.stringify(body);
    expect(text).not.toContain('not-theirs');
    expect(text).not.toContain(owner.passwordHash);
    expect(text).not.toContain(hashToken(apiToken));
  });

  it('has of an account of others only what the user did there', async () => {
    const viewer = await buildMember(api.database, { account, role: 'admin' });
    const { body } = await api.call('GET', '/users/me/export', { token: await api.logIn(viewer) });
    expect(body.servers).toEqual([]);
  });
});
