import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPlaceServer } from './place-server.ts';
import { Node } from '../db/models/node.ts';
import { Server } from '../db/models/server.ts';
import {
  buildAccount,
  buildCatalog,
  buildOperation,
  buildServer,
  type CatalogOptions,
} from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';

let test: TestDatabase;
let placeServer: ReturnType<typeof createPlaceServer>;
beforeAll(async () => {
  test = await createTestDatabase();
  placeServer = createPlaceServer(test);
});
afterAll(async () => test.drop());

async function someCluster(options: CatalogOptions) {
  const { database } = test;
  const catalog = await buildCatalog(database, options);
  const account = await buildAccount(database);
  const nodeId = (name: string) => catalog.nodes.find((node) => node.name === name)?.id ?? null;
  const order = async (memoryMib: number) => {
    const server = await buildServer(database, {
      account,
      catalog,
      nodeId: null,
      lifecycle: 'provisioning',
      memoryMib,
    });
    const operation = await buildOperation(database, {
      server,
      type: 'provision',
      status: 'running',
      fence: 1,
    });
    return { operationId: operation.id, serverId: server.id, fence: 1 };
  };
  const has = async (node: string, memoryMib: number) =>
    buildServer(database, { account, catalog, nodeId: nodeId(node), memoryMib });
  return { catalog, nodeId, order, has };
}

it('takes the least loaded node and says why', async () => {
  const { catalog, nodeId, order, has } = await someCluster({ nodes: 3, nodeMemoryMib: 8_192 });
  await has('pve1', 2_048);
  await has('pve3', 1_024);
  const claim = await order(1_024);
  expect(await placeServer(claim)).toEqual({
    node: 'pve2',
    reason: 'most free memory (8 GiB) of 3 with room',
    reasonSaid: { code: 'most_free', params: { gib: 8, count: 3 } },
    template: catalog.template.name,
    templateVmid: 9_002,
  });
  const stored = await Server.query(test.database).findById(claim.serverId);
  expect(stored?.nodeId).toBe(nodeId('pve2'));
});

it('keeps the node it chose when it is repeated, though another one has become emptier', async () => {
  const { nodeId, order, has } = await someCluster({ nodes: 2, nodeMemoryMib: 8_192 });
  const claim = await order(1_024);
  expect(await placeServer(claim)).toMatchObject({ node: 'pve1', templateVmid: 9_001 });
  await has('pve1', 4_096);
  await Node.query(test.database)
    .findById(String(nodeId('pve1')))
    .patch({ acceptsServers: false });
  expect(await placeServer(claim)).toMatchObject({
    node: 'pve1',
    reason: 'chosen before',
    templateVmid: 9_001,
  });
});

it('does not overfill a node however many are placed at once', async () => {
  const { catalog, order } = await someCluster({ nodes: 2, nodeMemoryMib: 4_096 });
  const claims = await Promise.all(Array.from({ length: 7 }, async () => order(1_500)));
  const placed = await Promise.allSettled(claims.map(async (claim) => placeServer(claim)));
  const nodes = placed.flatMap((it) => (it.status === 'fulfilled' ? [it.value.node] : []));
  expect(nodes.toSorted()).toEqual(['pve1', 'pve1', 'pve2', 'pve2']);
  for (const it of placed) {
    if (it.status === 'rejected') expect(it.reason).toMatchObject({ type: 'no_capacity' });
  }
  const unplaced = { clusterId: catalog.cluster.id, nodeId: null };
  expect(await Server.query(test.database).where(unplaced).resultSize()).toBe(3);
});

it('ends with no_capacity, saying what was missing, when no node has room', async () => {
  const { catalog, order } = await someCluster({ nodes: 2, nodeMemoryMib: 4_096 });
  await expect(placeServer(await order(4_097))).rejects.toMatchObject({
    type: 'no_capacity',
    nonRetryable: true,
    message: `No node has the template ${catalog.template.name} and 4097 MiB of memory free`,
  });
});

it('does nothing for a run that lost its claim', async () => {
  const { order } = await someCluster({ nodes: 1 });
  const claim = await order(1_024);
  await expect(placeServer({ ...claim, fence: 0 })).rejects.toMatchObject({ type: 'stale_claim' });
  expect((await Server.query(test.database).findById(claim.serverId))?.nodeId).toBeNull();
});
