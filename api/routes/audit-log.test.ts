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
  });

  it('refuses what is no moment, and names it', async () => {
    const { status, body } = await api.call('GET', '/audit-log?since=yesterday', {
      token: await api.logIn(owner),
    });
    expect(status).toBe(422);
    expect(body.issues).toMatchObject([{ field: 'since' }]);
  });

  it('refuses what is no entry', async () => {
    const { status } = await api.call('GET', '/audit-log?before=x', { token: await api.logIn(owner) });
    expect(status).toBe(422);
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
