import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AvailabilityList, PlanList, TemplateList } from '../../contract/catalog.ts';
import { buildCatalog, buildUser, type Catalog } from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';

let api: TestApi;
let catalog: Catalog;
let token: string;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database);
  token = await api.logIn(await buildUser(api.database));
});
afterAll(async () => api.close());

it('offers enabled plans, smallest first', async () => {
  const { id: _id, createdAt: _createdAt, ...plan } = catalog.plan;
  await api.database('plans').insert({ ...plan, name: 'Large', memoryMib: 8192, networkMbps: 1000 });
  await api.database('plans').insert({ ...plan, name: 'Tiny', memoryMib: 512 });
  await api.database('plans').insert({ ...plan, name: 'Retired', enabled: false });
  const { items, nextCursor } = PlanList.parse((await api.call('GET', '/plans', { token })).body);
  expect(items.map(({ name }) => name)).toEqual(['Tiny', catalog.plan.name, 'Large']);
  expect(items[2]).toMatchObject({ memoryMib: 8192, networkMbps: 1000, trafficGib: null });
  expect(nextCursor).toBeNull();
});

it('offers enabled templates some node holds', async () => {
  const { id: _id, createdAt: _createdAt, ...template } = catalog.template;
  await api.database('templates').insert({ ...template, name: 'nowhere' });
  const { template: disabled } = await buildCatalog(api.database);
  await disabled.$query(api.database).patch({ enabled: false });
  const { items } = TemplateList.parse((await api.call('GET', '/templates', { token })).body);
  expect(items.map(({ name }) => name)).toEqual([catalog.template.name]);
});

describe('/availability', () => {
  const availability = async (templateId: string) =>
    AvailabilityList.parse((await api.call('GET', `/availability?templateId=${templateId}`, { token })).body)
      .items;

  it('counts by what is scarcest: memory, disk or addresses, up to ten', async () => {
    const roomy = await buildCatalog(api.database, { nodes: 1, addresses: 20 });
    const scarce = await buildCatalog(api.database, { nodes: 2, addresses: 3, nodeMemoryMib: 65_536 });
    const small = await buildCatalog(api.database, { nodes: 2, nodeMemoryMib: 2_048, addresses: 20 });
    const servers = async ({ template, plan }: Catalog) =>
      (await availability(template.id)).find(({ planId }) => planId === plan.id)?.servers;
    expect([await servers(roomy), await servers(scarce)]).toEqual([10, 3]);
    expect(await servers(small)).toBe((2 * 2_048) / small.plan.memoryMib);
  });

  it('tells of a location without room, and how long building has taken where that is known', async () => {
    const { template, plan, cluster, nodes } = await buildCatalog(api.database, { nodes: 1 });
    await cluster.$query(api.database).patch({ location: 'Oslo' });
    await api.database('stepDurations').insert([
      {
        operationType: 'provision',
        step: 'clone',
        nodeId: nodes[0]?.id,
        storage: 'local-lvm',
        seconds: [30],
        median: 30,
      },
      {
        operationType: 'provision',
        step: 'ready',
        nodeId: nodes[0]?.id,
        storage: 'local-lvm',
        seconds: [12],
        median: 12,
      },
    ]);
    const of = async () => (await availability(template.id)).find(({ planId }) => planId === plan.id);
    expect(await of()).toMatchObject({ location: 'Oslo', usualSeconds: 42 });
    await nodes[0]?.$query(api.database).patch({ acceptsServers: false });
    expect(await of()).toMatchObject({ location: 'Oslo', servers: 0, usualSeconds: 42 });
  });
});

it('is for users only', async () => {
  expect((await api.call('GET', '/plans')).status).toBe(401);
  expect((await api.call('GET', '/templates')).status).toBe(401);
});
