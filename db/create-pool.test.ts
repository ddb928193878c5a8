import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPool, type NewPool } from './create-pool.ts';
import { IpAddress } from './models/ip-address.ts';
import { IpPool } from './models/ip-pool.ts';
import { buildCatalog } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';

let test: TestDatabase;
let cluster: string;
beforeAll(async () => {
  test = await createTestDatabase();
  cluster = (await buildCatalog(test.database, { addresses: 0 })).cluster.name;
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
  ['a gateway outside the network', { gateway: '10.0.0.1' }, /ip_pools_check/],
  ['a network with host bits', { network: '192.0.2.7/24' }, /cidr/],
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
  await expect(createPool(test.database, overlapping)).rejects.toThrow('ip_addresses_address_key');
  expect(await IpPool.query(test.database).where({ name: 'second' })).toEqual([]);
});
