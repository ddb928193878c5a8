import { afterAll, beforeAll, expect, it } from 'vitest';
import { MigrationTargetList } from '../../contract/server-changes.ts';
import { Node } from '../../db/models/node.ts';
import { Operation } from '../../db/models/operation.ts';
import { Server } from '../../db/models/server.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { buildAccount, buildCatalog, buildServer, buildUser, type Catalog } from '../../tests/builders.ts';

let api: TestApi;
let catalog: Catalog;
let admin: string;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database, { nodes: 3 });
  admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
});
afterAll(() => api.close());

async function someServer(overrides: Partial<Server> = {}) {
  const owner = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner });
  return { owner, server: await buildServer(api.database, { account, catalog, ...overrides }) };
}

const move = (id: string, node: string, token = admin) =>
  api.call('POST', `/servers/${id}/migrate`, { token, body: { node } });

it('accepts the wish to move a server and starts its workflow', async () => {
  const { server } = await someServer();
  const { status, body } = await move(server.id, 'pve2');
  expect(status).toBe(202);
  expect(body.operation).toMatchObject({ type: 'migrate', status: 'pending' });
  const operation = await Operation.query(api.database).findById(body.operation.id);
  expect(operation?.params).toEqual({ targetNode: 'pve2' });
  const started = api.temporal.started.find(({ memo }) => memo.operationId === body.operation.id);
  expect(started?.name).toBe('migrateServer');
});

it('moves a suspended server too', async () => {
  const { server } = await someServer({ lifecycle: 'suspended' });
  expect((await move(server.id, 'pve2')).status).toBe(202);
});

it('is for administrators only', async () => {
  const { owner, server } = await someServer();
  expect((await move(server.id, 'pve2', await api.logIn(owner))).status).toBe(403);
});

it('refuses a second move while one is under way', async () => {
  const { server } = await someServer();
  const first = await move(server.id, 'pve2');
  expect((await move(server.id, 'pve3')).body).toMatchObject({
    code: 'server_busy',
    operation: { id: first.body.operation.id, type: 'migrate' },
  });
});

it.each([
  ['pve9', 'its cluster has the nodes pve1, pve2, pve3'],
  ['pve1', 'stay is on pve1 already'],
  ['pve3', 'pve3 is offline; choose another node'],
])('refuses to move to %s', async (node, message) => {
  const { server } = await someServer({ name: 'stay' });
  const pve3 = Node.query(api.database).where({ name: 'pve3' });
  await pve3.clone().patch({ status: 'offline' });
  const { status, body } = await move(server.id, node);
  await pve3.clone().patch({ status: 'online' });
  expect([status, body.issues]).toMatchObject([422, [{ field: 'node', message }]]);
  expect(await Operation.query(api.database).where({ serverId: server.id })).toEqual([]);
});

const targets = (id: string, token = admin) => api.call('GET', `/servers/${id}/migration-targets`, { token });

it('lists the other nodes of its cluster with what is known to be in the way', async () => {
  const { server } = await someServer({ memoryMib: 40_000 });
  const guest = await someServer({ memoryMib: 60_000 });
  await guest.server.$query(api.database).patch({ nodeId: catalog.nodes[1]?.id ?? null });
  await buildCatalog(api.database);
  const pve3 = Node.query(api.database).findById(catalog.nodes[2]?.id ?? '');
  await pve3.clone().patch({ status: 'offline' });
  const { status, body } = await targets(server.id);
  await pve3.clone().patch({ status: 'online' });
  expect([status, MigrationTargetList.parse(body).items]).toEqual([
    200,
    [
      {
        node: 'pve2',
        freeMemoryMib: 5_536,
        obstacle: '5536 MiB of memory are free there, 40000 are needed',
        obstacleSaid: { code: 'node_too_full', params: { free: 5536, needed: 40_000 } },
      },
      {
        node: 'pve3',
        freeMemoryMib: 65_536,
        obstacle: 'pve3 is offline',
        obstacleSaid: { code: 'node_has_status', params: { node: 'pve3', status: 'offline' } },
      },
    ],
  ]);
});

it('shows the nodes to administrators only', async () => {
  const { owner, server } = await someServer();
  expect((await targets(server.id, await api.logIn(owner))).status).toBe(403);
  expect((await targets(catalog.plan.id)).status).toBe(404);
});

it('refuses to move a server that has not been built', async () => {
  const { server } = await someServer({ lifecycle: 'provisioning' });
  expect((await move(server.id, 'pve2')).body).toMatchObject({
    code: 'invalid_state',
    detail: 'Only a server that has been built can be moved.',
  });
});
