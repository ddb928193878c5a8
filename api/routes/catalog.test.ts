import { afterAll, beforeAll, expect, it } from 'vitest';
import { PlanList, TemplateList } from '../../contract/catalog.ts';
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

it('is for users only', async () => {
  expect((await api.call('GET', '/plans')).status).toBe(401);
  expect((await api.call('GET', '/templates')).status).toBe(401);
});
