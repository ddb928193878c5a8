import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accepted, Server } from '../../contract/servers.ts';
import { buildAccount, buildCatalog, buildServer, buildUser, type Catalog } from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { Operation } from '../../db/models/operation.ts';

let api: TestApi;
let catalog: Catalog;
let admin: string;
beforeAll(async () => {
  api = await startTestApi({ deleteGraceHours: 24 });
  catalog = await buildCatalog(api.database);
  admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
});
afterAll(async () => api.close());

async function someServer() {
  const user = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner: user });
  const server = await buildServer(api.database, { account, catalog });
  return { server, token: await api.logIn(user), path: `/servers/${server.id}` };
}

const view = async (path: string) => Server.parse((await api.call('GET', path, { token: admin })).body);

describe('deleting a server where there is time to think it over', () => {
  it('says when it will be erased, until that has begun', async () => {
    const { token, path } = await someServer();
    const before = Date.now();
    const { operation, server } = Accepted.parse((await api.call('DELETE', path, { token })).body);
    const inHours = (Date.parse(server.deletesAt ?? '') - before) / 3_600_000;
    expect([server.status, Math.round(inHours * 100) / 100]).toEqual(['deleting', 24]);
    const set = (step: string) =>
      Operation.query(api.database).findById(operation.id).patch({ status: 'running', step });
    await set('grace');
    expect((await view(path)).deletesAt).toBe(server.deletesAt);
    await set('destroy');
    expect((await view(path)).deletesAt).toBeNull();
  });

  it('tells beforehand how long that is', async () => {
    const { token } = await someServer();
    expect((await api.call('GET', '/settings', { token })).body).toEqual({ deleteGraceHours: 24 });
    expect((await api.call('GET', '/settings')).status).toBe(401);
  });

  it('gives it back when its cancelling comes before anything has begun', async () => {
    const { token, path } = await someServer();
    const { operation } = Accepted.parse((await api.call('DELETE', path, { token })).body);
    await api.call('POST', `/operations/${operation.id}/cancel`, { token });
    expect(await view(path)).toMatchObject({ status: 'running', deletesAt: null });
  });

  it('waits for nothing when an administrator wants it at once, and only then', async () => {
    const { token, path } = await someServer();
    const refused = await api.call('DELETE', `${path}?now=true`, { token });
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
    expect((await view(path)).status).toBe('running');
    const answer = await api.call('DELETE', `${path}?now=true`, { token: admin });
    expect([answer.status, answer.body.server.deletesAt]).toEqual([202, null]);
  });

  it('takes a deletion at once for another request than one with time', async () => {
    const { path } = await someServer();
    const once = { token: admin, headers: { 'Idempotency-Key': `delete ${path}`.replace(' ', '-') } };
    expect((await api.call('DELETE', path, once)).status).toBe(202);
    expect((await api.call('DELETE', `${path}?now=true`, once)).body.code).toBe('idempotency_key_reused');
  });

  it.each(['?now=maybe', '?soon=true'])('refuses %s', async (query) => {
    const { path } = await someServer();
    expect((await api.call('DELETE', `${path}${query}`, { token: admin })).status).toBe(422);
  });
});
