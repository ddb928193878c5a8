import { afterAll, beforeAll, expect, it } from 'vitest';
import { DeletedServer } from '../../contract/servers.ts';
import type { AccountRole } from '../../contract/roles.ts';
import type { User } from '../../db/models/user.ts';
import { buildAccount, buildCatalog, buildServer, buildUser, type Catalog } from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';

let api: TestApi;
let catalog: Catalog;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database);
});
afterAll(async () => api.close());

/** A server whose deletion `by` has asked for through the API, and which is gone by now. */
async function deletedServer(by?: User) {
  const owner = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner });
  const server = await buildServer(api.database, { account, catalog });
  const path = `/servers/${server.id}`;
  expect((await api.call('DELETE', path, { token: await api.logIn(by ?? owner) })).status).toBe(202);
  await server.$query(api.database).patch({ lifecycle: 'deleted', deletedAt: new Date() });
  const member = async (role: AccountRole) => {
    const user = await buildUser(api.database);
    await api.database('memberships').insert({ accountId: account.id, userId: user.id, role });
    return user;
  };
  return { server, owner, account, member };
}

const look = async (user: User, { id }: { id: string }) =>
  api.call('GET', `/deleted-servers/${id}`, { token: await api.logIn(user) });
const deletedBy = async (user: User, server: { id: string }) =>
  DeletedServer.parse((await look(user, server)).body).deletedBy;

it('tells name, times and who deleted it', async () => {
  const { server, owner, account } = await deletedServer();
  const { body } = await look(owner, server);
  expect(body).toMatchObject({ id: server.id, name: server.name, accountName: account.name });
  expect(Date.parse(DeletedServer.parse(body).deletedAt)).toBeGreaterThan(Date.now() - 60_000);
  expect(body.deletedBy).toEqual({ actor: 'you', name: owner.email });
});

it.each(['admin', 'viewer'] as const)('tells also who is %s who it was', async (role) => {
  const { server, owner, member } = await deletedServer();
  expect(await deletedBy(await member(role), server)).toEqual({ actor: 'member', name: owner.email });
});

it('names the provider’s people to the provider only', async () => {
  const admin = await buildUser(api.database, { role: 'admin' });
  const { server, owner } = await deletedServer(admin);
  expect(await deletedBy(owner, server)).toEqual({ actor: 'provider', name: null });
  const other = await buildUser(api.database, { role: 'admin' });
  expect(await deletedBy(other, server)).toEqual({ actor: 'provider', name: admin.email });
});

it('names the provider where one of its people acted as the customer', async () => {
  const admin = await buildUser(api.database, { role: 'admin' });
  const { server, owner } = await deletedServer();
  await api.database('audit_log').where({ subjectId: server.id }).update({ adminId: admin.id });
  expect(await deletedBy(owner, server)).toEqual({ actor: 'provider', name: null });
  expect(await deletedBy(admin, server)).toEqual({ actor: 'provider', name: admin.email });
});

it('is nothing to others, and neither is a server that lives', async () => {
  const { server, owner, account } = await deletedServer();
  expect((await look(await buildUser(api.database), server)).body.code).toBe('not_found');
  const living = await buildServer(api.database, { account, catalog });
  expect((await look(owner, living)).body.code).toBe('not_found');
});

it('does not name anybody where the audit log has nothing', async () => {
  const owner = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner });
  const server = await buildServer(api.database, {
    account,
    catalog,
    lifecycle: 'deleted',
    deletedAt: new Date(),
  });
  expect(await deletedBy(owner, server)).toBeNull();
});
