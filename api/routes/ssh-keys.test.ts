import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SavedSshKeyList } from '../../contract/ssh-keys.ts';
import type { Account } from '../../db/models/account.ts';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import {
  buildAccount,
  buildCatalog,
  buildMember,
  buildOperation,
  buildServer,
  buildUser,
} from '../../tests/builders.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada@laptop';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api.close());

let account: Account;
let token: string;
beforeEach(async () => {
  const owner = await buildUser(api.database);
  account = await buildAccount(api.database, { owner, name: 'Ada Ltd' });
  token = await api.logIn(owner);
});

const add = async (body: object = {}, as = token) =>
  api.call('POST', '/ssh-keys', { token: as, body: { publicKey: KEY, ...body } });
const list = async (as = token) =>
  SavedSshKeyList.parse((await api.call('GET', '/ssh-keys', { token: as })).body).items;
const change = async (method: 'PATCH' | 'DELETE', id: string, as = token) =>
  api.call(method, `/ssh-keys/${id}`, {
    token: as,
    ...(method === 'PATCH' ? { body: { name: 'home' } } : {}),
  });

async function orderWith(keys: object) {
  const { plan, template } = await buildCatalog(api.database);
  const body = { name: 'web-1', planId: plan.id, templateId: template.id, ...keys };
  return api.call('POST', '/servers', { token, body });
}

describe('an SSH key', () => {
  it('is kept with its comment as its name, and its fingerprint', async () => {
    const { status, body } = await add();
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'ada@laptop', accountId: account.id, servers: 0 });
    expect(body.fingerprint).toMatch(/^SHA256:[\w+/]{43}$/);
    expect(await list()).toEqual([body]);
  });

  it('is kept once per account', async () => {
    await add();
    const { status, body } = await add({ name: 'again' });
    expect([status, body.title]).toEqual([409, 'Ada Ltd has this key already: ada@laptop.']);
  });

  it('is refused when it is damaged, and when it is none', async () => {
    for (const publicKey of [KEY.replace('IOMq', 'IO'), 'my key'])
      expect((await add({ publicKey })).body.issues[0].field).toBe('publicKey');
  });

  it('is ordered with by its id, besides others, and once when it is given twice', async () => {
    const { id } = (await add()).body;
    const other = KEY.replace('IOMqqn', 'IOMqqo').replace('ada@laptop', 'ada@desk');
    expect((await orderWith({ sshKeyIds: [id], sshKeys: [KEY, other] })).status).toBe(202);
    expect((await list()).map(({ name, servers }) => [name, servers])).toEqual([
      ['ada@desk', 1],
      ['ada@laptop', 1],
    ]);
  });

  it('of another account, or of none, is refused in an order, which names it', async () => {
    const { id } = (await add()).body;
    const stranger = await buildUser(api.database);
    await buildAccount(api.database, { owner: stranger });
    const theirs = (await add({}, await api.logIn(stranger))).body;
    for (const unknown of [theirs.id, account.id]) {
      const { status, body } = await orderWith({ sshKeyIds: [id, unknown] });
      expect([status, body.issues]).toMatchObject([
        422,
        [{ field: 'sshKeyIds.1', message: 'the account keeps no such SSH key' }],
      ]);
    }
  });

  it('is renamed, and keeps that name when somebody orders with it', async () => {
    const { id } = (await add()).body;
    expect((await change('PATCH', id)).body.name).toBe('home');
    expect((await orderWith({ sshKeys: [KEY] })).status).toBe(202);
    expect(await list()).toMatchObject([{ id, name: 'home', servers: 1 }]);
  });

  it('is deleted, also when servers were built with it, but not while one is being built', async () => {
    const { id } = (await add()).body;
    const server = await buildServer(api.database, { account, catalog: await buildCatalog(api.database) });
    await api.database('server_ssh_keys').insert({ serverId: server.id, sshKeyId: id });
    const rebuild = await buildOperation(api.database, { server, type: 'rebuild', status: 'running' });
    expect((await change('DELETE', id)).body.code).toBe('invalid_state');
    await rebuild.$query(api.database).patch({ status: 'succeeded', finishedAt: new Date() });
    expect((await change('DELETE', id)).status).toBe(204);
    expect(await list()).toEqual([]);
    const entries = await AuditEntry.query(api.database).where({ subjectId: id }).orderBy('id');
    expect(entries.map(({ action }) => action)).toEqual(['ssh_key.add', 'ssh_key.delete']);
  });
});

describe('who may', () => {
  it('look: everybody of the account; change: those who manage it', async () => {
    const { id } = (await add()).body;
    const viewer = await api.logIn(await buildMember(api.database, { account, role: 'viewer' }));
    expect(await list(viewer)).toHaveLength(1);
    expect((await add({ accountId: account.id }, viewer)).status).toBe(403);
    expect((await change('PATCH', id, viewer)).status).toBe(403);
    expect((await change('DELETE', id, viewer)).status).toBe(403);
  });

  it('nobody of another account', async () => {
    const { id } = (await add()).body;
    const other = await buildUser(api.database);
    await buildAccount(api.database, { owner: other });
    const stranger = await api.logIn(other);
    expect(await list(stranger)).toEqual([]);
    expect((await change('PATCH', id, stranger)).status).toBe(404);
    expect((await change('DELETE', id, stranger)).status).toBe(404);
    expect((await add({ accountId: account.id }, stranger)).status).toBe(422);
  });
});
