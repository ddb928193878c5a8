import { afterAll, beforeAll, expect, it } from 'vitest';
import { nodesWithRoom } from './capacity.ts';
import { Node } from './models/node.ts';
import { Storage } from './models/storage.ts';
import { TemplateVm } from './models/template-vm.ts';
import { buildAccount, buildCatalog, buildServer } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(async () => test.drop());

async function someCluster() {
  const { database } = test;
  const catalog = await buildCatalog(database, { nodes: 2, nodeMemoryMib: 4096 });
  const account = await buildAccount(database);
  const [one, two] = catalog.nodes as [Node, Node]; // two were asked for
  const names = async (memoryMib = 1024, diskGib = 10) => {
    const wanted = { clusterId: catalog.cluster.id, templateId: catalog.template.id, memoryMib, diskGib };
    return (await nodesWithRoom(database, wanted)).map(({ nodeName }) => nodeName);
  };
  return { database, catalog, account, one, two, names };
}

it('orders nodes by the share of memory given away, and says what is left and where the template is', async () => {
  const { database, catalog, account, one, names } = await someCluster();
  await buildServer(database, { account, catalog, nodeId: one.id, memoryMib: 1000 });
  expect(await names()).toEqual(['pve2', 'pve1']);
  const rows = await nodesWithRoom(database, { templateId: catalog.template.id, memoryMib: 1, diskGib: 1 });
  expect(rows[1]).toEqual({
    clusterId: catalog.cluster.id,
    nodeId: one.id,
    nodeName: 'pve1',
    templateVmid: 9001,
    templateStorage: 'local-lvm',
    memoryMib: 4096,
    freeMemoryMib: 3096,
    freeDiskMib: 1024 * 1024,
  });
});

it('counts servers being built and stopped ones, but not failed or deleted ones', async () => {
  const { database, catalog, account, one, names } = await someCluster();
  const on = { account, catalog, nodeId: one.id, memoryMib: 2000 };
  await buildServer(database, { ...on, lifecycle: 'failed' });
  await buildServer(database, { ...on, lifecycle: 'cancelled' });
  await buildServer(database, { ...on, lifecycle: 'deleted', deletedAt: new Date() });
  expect(await names(4096)).toEqual(['pve1', 'pve2']);
  await buildServer(database, { ...on, lifecycle: 'provisioning' });
  await buildServer(database, { ...on, powerState: 'stopped' });
  expect(await names(97)).toEqual(['pve2']);
  expect(await names(96)).toEqual(['pve2', 'pve1']);
});

it('leaves out nodes that are not online, closed, without the template or without disk', async () => {
  const { database, catalog, one, two, names } = await someCluster();
  await Node.query(database).findById(one.id).patch({ status: 'unknown' });
  expect(await names()).toEqual(['pve2']);
  await Node.query(database).findById(one.id).patch({ status: 'online', acceptsServers: false });
  expect(await names()).toEqual(['pve2']);
  await Node.query(database).findById(one.id).patch({ acceptsServers: true });
  await TemplateVm.query(database).delete().where({ templateId: catalog.template.id, nodeId: two.id });
  expect(await names()).toEqual(['pve1']);
  await Storage.query(database)
    .patch({ usedMib: String(1024 * 1024 - 10 * 1024) })
    .where({ nodeId: one.id });
  expect(await names(1024, 10)).toEqual(['pve1']);
  expect(await names(1024, 11)).toEqual([]);
});

it('trusts a node whose storage has not been read yet', async () => {
  const { database, names } = await someCluster();
  await Storage.query(database).delete();
  expect(await names(1024, 100_000)).toEqual(['pve1', 'pve2']);
});
