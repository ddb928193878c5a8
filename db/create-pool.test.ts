import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPool, type NewPool } from './create-pool.ts';
import { IpAddress } from './models/ip-address.ts';
import { IpPool } from './models/ip-pool.ts';
import { IpLease } from './models/ip-lease.ts';
import { ServerAddress } from './models/server-address.ts';
import type { Server } from './models/server.ts';
import { buildAccount, buildCatalog, buildImportedServer, type Catalog } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';

let test: TestDatabase;
let catalog: Catalog;
let cluster: string;
beforeAll(async () => {
  test = await createTestDatabase();
  catalog = await buildCatalog(test.database, { addresses: 0 });
  cluster = catalog.cluster.name;
});
afterAll(async () => test.drop());

const poolOf = (overrides: Partial<NewPool>): NewPool => ({
  cluster,
  network: '198.51.100.0/24',
  gateway: '198.51.100.1',
  first: '198.51.100.10',
  count: 3,
  bridge: 'vmbr0',
  nameserver: [],
  ...overrides,
});
const addressesOf = async (name: string) =>
  (
    await IpAddress.query(test.database)
      .whereIn('poolId', IpPool.query(test.database).select('id').where({ name }))
      .orderBy('address')
  ).map(({ address }) => address);

it('adds as many addresses as asked for, from the first on', async () => {
  const input = poolOf({ name: 'v4', vlan: 42, nameserver: ['198.51.100.2', '2001:db8::2'] });
  expect(await createPool(test.database, input)).toEqual({ added: 3, held: 0 });
  expect(await addressesOf('v4')).toEqual(['198.51.100.10', '198.51.100.11', '198.51.100.12']);
  const pool = await IpPool.query(test.database).findOne({ name: 'v4' });
  expect(pool).toMatchObject({
    network: '198.51.100.0/24',
    gateway: '198.51.100.1',
    bridge: 'vmbr0',
    vlan: 42,
    nameservers: ['198.51.100.2', '2001:db8::2'],
  });
});

it('takes IPv6, counts across the boundary of a group, and is named for its network', async () => {
  const input = poolOf({
    network: '2001:db8:7::/64',
    gateway: '2001:db8:7::1',
    first: '2001:db8:7::ffff',
    count: 2,
  });
  expect(await createPool(test.database, input)).toEqual({ added: 2, held: 0 });
  expect(await addressesOf('2001:db8:7::/64')).toEqual(['2001:db8:7::ffff', '2001:db8:7::1:0']);
});

const REFUSED: [string, Partial<NewPool>, RegExp][] = [
  ['addresses beyond the network', { first: '192.0.2.254', count: 3 }, /do not all lie in 192\.0\.2\.0\/24/],
  ['addresses before the network', { first: '192.0.1.255', count: 3 }, /do not all lie in/],
  ['the gateway among the addresses', { first: '192.0.2.1' }, /or the gateway 192\.0\.2\.1/],
  ['a gateway outside the network', { gateway: '10.0.0.1' }, /10\.0\.0\.1 does not lie in/],
  ['a network with host bits', { network: '192.0.2.7/24' }, /it may be meant as 192\.0\.2\.0\/24/],
  ['addresses of another family', { first: '2001:db8::1' }, /do not all lie in/],
  ['a VLAN that does not exist', { vlan: 4_095 }, /ip_pools_vlan_check/],
  ['a cluster nobody knows', { cluster: 'nowhere' }, /There is no cluster named nowhere/],
];
it.each(REFUSED)('refuses %s and leaves nothing behind', async (_what, overrides, message) => {
  const network = { network: '192.0.2.0/24', gateway: '192.0.2.1', first: '192.0.2.10', name: 'bad' };
  await expect(createPool(test.database, poolOf({ ...network, ...overrides }))).rejects.toThrow(message);
  expect(await IpPool.query(test.database).where({ name: 'bad' })).toEqual([]);
});

it('refuses an address that another pool hands out', async () => {
  await createPool(
    test.database,
    poolOf({ name: 'first', network: '10.9.0.0/24', gateway: '10.9.0.1', first: '10.9.0.5' }),
  );
  const overlapping = poolOf({
    name: 'second',
    network: '10.9.0.0/16',
    gateway: '10.9.255.1',
    first: '10.9.0.7',
  });
  await expect(createPool(test.database, overlapping)).rejects.toThrow(
    '1 of these addresses are in a pool already.',
  );
  expect(await IpPool.query(test.database).where({ name: 'second' })).toEqual([]);
});

let vmids = 100;
const imported = async (addresses: string[], overrides: Partial<Server> = {}) => {
  const { id: accountId } = await buildAccount(test.database);
  const clusterId = catalog.cluster.id;
  return buildImportedServer(test.database, { accountId, clusterId, vmid: ++vmids, addresses, ...overrides });
};
/** The addresses a server holds on lease, and those it has beside them. */
const held = async ({ id: serverId }: Server) => [
  (
    await IpAddress.query(test.database)
      .whereIn('id', IpLease.query(test.database).select('ipAddressId').where({ serverId }))
      .orderBy('address')
  ).map(({ address }) => address),
  (await ServerAddress.query(test.database).where({ serverId })).map(({ address }) => address),
];

it('leases the addresses that imported servers have to them, whatever their prefix', async () => {
  const one = await imported(['10.30.0.11/24', '10.31.0.1']);
  const two = await imported(['10.30.0.12']);
  const gone = await imported(['10.30.0.13'], { lifecycle: 'deleted', deletedAt: new Date() });
  const network = { network: '10.30.0.0/24', gateway: '10.30.0.1', first: '10.30.0.10', count: 5 };
  expect(await createPool(test.database, poolOf(network))).toEqual({ added: 5, held: 2 });
  expect(await held(one)).toEqual([['10.30.0.11'], ['10.31.0.1']]);
  expect(await held(two)).toEqual([['10.30.0.12'], []]);
  expect(await held(gone)).toEqual([[], ['10.30.0.13']]);
});

it('counts an address that two servers have, or one of another cluster, and leaves it with them', async () => {
  const both = [await imported(['10.32.0.10']), await imported(['10.32.0.10'])];
  const other = await buildCatalog(test.database, { addresses: 0 });
  const far = await imported(['10.32.0.11'], { clusterId: other.cluster.id });
  const network = { network: '10.32.0.0/24', gateway: '10.32.0.1', first: '10.32.0.10' };
  expect(await createPool(test.database, poolOf(network))).toEqual({ added: 3, held: 2 });
  for (const server of both) expect(await held(server)).toEqual([[], ['10.32.0.10']]);
  expect(await held(far)).toEqual([[], ['10.32.0.11']]);
});
