import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AdminSettings, Attention } from '../../contract/admin.ts';
import { Node, NodeList } from '../../contract/nodes.ts';
import { ServerList } from '../../contract/servers.ts';
import type { Account } from '../../db/models/account.ts';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import {
  buildAccount,
  buildCatalog,
  buildOperation,
  buildServer,
  buildUser,
  type Catalog,
} from '../../tests/builders.ts';

let api: TestApi;
let token: string;
let account: Account;
let catalog: Catalog;
beforeAll(async () => {
  api = await startTestApi({ workflowUi: 'https://temporal.example.net/namespaces/default/workflows/' });
  token = await api.logIn(await buildUser(api.database, { role: 'admin' }));
  account = await buildAccount(api.database);
});
afterAll(async () => api.close());
beforeEach(async () => {
  catalog = await buildCatalog(api.database);
});

const nodesOf = async ({ cluster }: Catalog) => {
  const { body } = await api.call('GET', '/admin/nodes', { token });
  return NodeList.parse(body).items.filter(({ clusterId }) => clusterId === cluster.id);
};
const maintain = async (id: string, acceptsServers: boolean) =>
  api.call('PATCH', `/admin/nodes/${id}`, { token, body: { acceptsServers } });

it('tells what nodes have and what of it servers have been given', async () => {
  await buildServer(api.database, { account, catalog, vcpu: 2, memoryMib: 4096 });
  await buildServer(api.database, { account, catalog, vcpu: 8, memoryMib: 8192, lifecycle: 'failed' });
  const [first, second] = await nodesOf(catalog);
  expect(first).toMatchObject({
    name: 'pve1',
    status: 'online',
    servers: 2,
    givenVcpus: 2,
    givenMemoryMib: 4096,
    templates: [catalog.template.name],
  });
  expect(first?.storages).toMatchObject([{ name: 'local-lvm', usedMib: 0 }]);
  expect(second).toMatchObject({ servers: 0, givenMemoryMib: 0 });
});

it('does not call a node online that nobody has seen for a while', async () => {
  const longAgo = new Date(Date.now() - 600_000);
  await api.database('nodes').where({ id: catalog.nodes[0]?.id }).update({ observedAt: longAgo });
  expect((await nodesOf(catalog)).map(({ status }) => status)).toEqual(['unknown', 'online']);
});

it('keeps servers away from a node in maintenance, and says so in the audit log', async () => {
  const id = catalog.nodes[1]?.id ?? '';
  expect(Node.parse((await maintain(id, false)).body)).toMatchObject({ id, acceptsServers: false });
  const server = await buildServer(api.database, { account, catalog });
  const targets = await api.call('GET', `/servers/${server.id}/migration-targets`, { token });
  expect(targets.body.items[0].obstacle).toBe('pve2 takes no servers, as it is in maintenance');
  const moved = await api.call('POST', `/servers/${server.id}/migrate`, { token, body: { node: 'pve2' } });
  expect(moved.body.issues[0].message).toMatch(/in maintenance; choose another node/);
  const [entry] = await AuditEntry.query(api.database).where({ subjectId: id });
  expect(entry).toMatchObject({ action: 'node.update', details: { acceptsServers: false } });
  await maintain(id, true);
  expect((await nodesOf(catalog))[1]?.acceptsServers).toBe(true);
});

it('knows no node by an id that is none', async () => {
  expect((await maintain(randomUUID(), false)).status).toBe(404);
});

it('lists the servers of one node, each with its account', async () => {
  const server = await buildServer(api.database, { account, catalog, nodeId: catalog.nodes[1]?.id ?? null });
  await buildServer(api.database, { account, catalog });
  const { body } = await api.call('GET', `/servers?nodeId=${catalog.nodes[1]?.id}`, { token });
  expect(ServerList.parse(body).items.map(({ id, accountName }) => [id, accountName])).toEqual([
    [server.id, account.name],
  ]);
});

it('counts what waits for a person', async () => {
  const read = async () => Attention.parse((await api.call('GET', '/admin/attention', { token })).body);
  const before = await read();
  const server = await buildServer(api.database, { account, catalog, powerObservedAt: null });
  await buildOperation(api.database, { server, status: 'needs_attention', errorCode: 'storage_full' });
  await maintain(catalog.nodes[0]?.id ?? '', false);
  const after = await read();
  expect(after.operations.needsAttention - before.operations.needsAttention).toBe(1);
  expect(after.nodes.inMaintenance - before.nodes.inMaintenance).toBe(1);
  expect(after.unknownServers - before.unknownServers).toBe(1);
});

it('tells where the Temporal UI is', async () => {
  const { body } = await api.call('GET', '/admin/settings', { token });
  expect(AdminSettings.parse(body).workflowUi).toBe(
    'https://temporal.example.net/namespaces/default/workflows/',
  );
});
