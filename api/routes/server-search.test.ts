import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import {
  buildAccount,
  buildCatalog,
  buildImportedServer,
  buildMember,
  buildServer,
  buildUser,
  type Catalog,
} from '../../tests/builders.ts';

let api: TestApi;
let catalog: Catalog;
let admin: string;
let customer: string;
let accountId: string;
beforeAll(async () => {
  api = await startTestApi();
  const { database } = api;
  catalog = await buildCatalog(database);
  const acme = await buildAccount(database, { name: 'Acme GmbH' });
  const other = await buildAccount(database, { name: 'Umbrella' });
  accountId = acme.id;
  const [one, two] = catalog.nodes;
  const at = { account: acme, catalog, nodeId: two?.id ?? null };
  await buildServer(database, { ...at, name: 'shop', nodeId: one?.id ?? null });
  await buildServer(database, { ...at, name: 'blog', powerState: 'stopped' });
  await buildServer(database, { ...at, name: 'mail', account: other });
  await buildImportedServer(database, {
    accountId: other.id,
    clusterId: catalog.cluster.id,
    vmid: 100_042,
    name: 'old',
    addresses: ['198.51.100.7'],
  });
  admin = await api.logIn(await buildUser(database, { role: 'admin' }));
  customer = await api.logIn(await buildMember(database, { account: acme, role: 'viewer' }));
});
afterAll(() => api.close());

const search = (q: string, token = admin) =>
  api.call('GET', `/servers?sort=name&q=${encodeURIComponent(q)}`, { token });
const names = async (q: string, token = admin) =>
  (await search(q, token)).body.items.map(({ name }: { name: string }) => name);

it.each([
  ['status:stopped', ['blog']],
  ['status:running account:acme', ['shop']],
  ['account:umbrella', ['mail', 'old']],
  ['vmid:100042', ['old']],
  ['vmid:1', []],
  ['ip:198.51.100.7', ['old']],
  ['ip:198.51.', ['old']],
  ['ip:198.51.100.0/24', ['old']],
  ['ip:2001:db8::/32', []],
  ['node:nowhere', []],
  ['account:%', []],
  ['account:"acme gmbh" sho', ['shop']],
])('finds by %j', async (q, expected) => {
  expect(await names(q)).toEqual(expected);
});

it('finds by node, by plan and by the id of an account', async () => {
  expect(await names(`node:${catalog.nodes[0]?.name.toUpperCase()}`)).toContain('shop');
  expect(await names(`plan:"${catalog.plan.name}" shop`)).toEqual(['shop']);
  expect(await names(`account:${accountId}`)).toEqual(['blog', 'shop']);
});

it('finds for a customer only what is theirs', async () => {
  expect(await names('account:umbrella', customer)).toEqual([]);
  expect(await names('status:running', customer)).toEqual(['shop']);
});

it.each([
  ['status:happy', 'status:happy: a status is one of'],
  ['color:red', 'color:red: there is no color:'],
  ['ip:10.0.0.0/64', 'ip:10.0.0.0/64: there is no such network'],
])('names the term it does not understand in %j', async (q, message) => {
  expect(await search(q)).toMatchObject({
    status: 422,
    body: { code: 'invalid_input', issues: [{ field: 'q', message: expect.stringContaining(message) }] },
  });
});
