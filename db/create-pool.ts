import type { Knex } from 'knex';
import type { Database } from './connect.ts';
import { Cluster } from './models/cluster.ts';
import { IpPool } from './models/ip-pool.ts';
import { queryRows } from './query-rows.ts';
import type { Said } from '../contract/said.ts';
import { inEnglish, say } from '../contract/sayings.ts';

export interface NewPool extends NewAddresses {
  cluster: string;
  name?: string | undefined;
  network: string;
  gateway: string;
  bridge: string;
  vlan?: number | undefined;
  nameserver: string[];
}

interface NewAddresses {
  first: string;
  count: number;
}

export interface AddedAddresses {
  added: number;
  /** Those of them that imported servers have already, so that they are not handed out. */
  held: number;
}

/** What was asked for cannot be a pool, or no part of this one. */
export class PoolRefused extends Error {
  override name = 'PoolRefused';
  readonly field: 'network' | 'gateway' | 'first';
  readonly said: Said;
  constructor(field: PoolRefused['field'], said: Said) {
    super(inEnglish(said));
    this.field = field;
    this.said = said;
  }
}

/** Adds a pool with `count` addresses from `first` on, as the command does. Throws PoolRefused for a range that is none. */
export async function createPool(database: Database, input: NewPool): Promise<AddedAddresses> {
  return database.transaction(async (trx) => {
    const cluster = await Cluster.query(trx).findOne({ name: input.cluster });
    if (!cluster)
      throw new Error(
        `There is no cluster named ${input.cluster}; add it with cluster:add, or start the worker with PROXMOX_URL.`,
      );
    const { added } = await insertPool(trx, cluster.id, input);
    return added;
  });
}

/** Adds a pool to a cluster; throws PoolRefused. */
export async function insertPool(
  trx: Knex,
  clusterId: string,
  { name, network, gateway, bridge, vlan, nameserver: nameservers, ...range }: Omit<NewPool, 'cluster'>,
): Promise<{ pool: IpPool; added: AddedAddresses }> {
  await checkNetwork(trx, network, gateway);
  const row = { clusterId, name: name ?? network, network, gateway, bridge, vlan: vlan ?? null, nameservers };
  const pool = await IpPool.query(trx).insertAndFetch(row);
  return { pool, added: await addAddresses(trx, pool, range) };
}

async function checkNetwork(trx: Knex, network: string, gateway: string): Promise<void> {
  const [found] = await queryRows<{ isProper: boolean; proper: string; isInside: boolean }>(
    trx,
    `select network(?::inet)::inet = ?::inet as "isProper", network(?::inet)::text as proper,
       ?::inet << network(?::inet) as "isInside"`,
    [network, network, network, gateway, network],
  );
  if (!found?.isProper)
    throw new PoolRefused('network', say('not_a_network', { network, proper: found?.proper ?? '' }));
  if (!found.isInside) throw new PoolRefused('gateway', say('gateway_outside', { gateway, network }));
}

/**
 * Adds `count` addresses from `first` on to a pool. An address that an imported server of its cluster has is leased to it.
 * Throws PoolRefused when they leave the network, or are in a pool already.
 */
export async function addAddresses(
  trx: Knex,
  pool: IpPool,
  { first, count }: NewAddresses,
): Promise<AddedAddresses> {
  const { id, network, gateway } = pool;
  const outside = new PoolRefused('first', say('addresses_outside', { count, first, network, gateway }));
  // Before 65,536 of them are written in vain.
  const [ends] = await queryRows<{ areInside: boolean }>(
    trx,
    `select case when ?::inet << ?::cidr then ?::inet + (?::int - 1) << ?::cidr else false end as "areInside"`,
    [first, network, first, count, network],
  );
  if (!ends?.areInside) throw outside;
  const rows = await queryRows<{ isInside: boolean }>(
    trx,
    `insert into ip_addresses (pool_id, address)
     select ?, host(?::inet + n)::inet from generate_series(0, ?::int - 1) n
     on conflict (address) do nothing
     returning address << ?::cidr and address <> ?::inet
       and (family(address) = 6 or host(address) not in (host(network(?::cidr)), host(broadcast(?::cidr)))) as "isInside"`,
    [id, first, count, network, gateway, network, network],
  );
  if (!rows.every(({ isInside }) => isInside)) throw outside;
  if (rows.length < count)
    throw new PoolRefused('first', say('addresses_taken', { count: count - rows.length }));
  return { added: rows.length, held: await leaseToHolders(trx, pool) };
}

/**
 * Leases the pool's addresses to the living servers that have them; returns how many are held. One that two servers have,
 * or a server of another cluster, stays as it is: an address somebody has is never leased to others.
 */
async function leaseToHolders(trx: Knex, pool: IpPool): Promise<number> {
  const [counted] = await queryRows<{ held: number }>(
    trx,
    `with holder as (
       select a.id as ip_address_id, s.id as server_id, s.cluster_id, other.address
       from ip_addresses a
       join server_addresses other on host(other.address) = host(a.address)
       join servers s on s.id = other.server_id and s.deleted_at is null
       where a.pool_id = ?
     ), leased as (
       insert into ip_leases (ip_address_id, server_id)
       select ip_address_id, server_id from holder
       where cluster_id = ? and (select count(*) from holder other where other.ip_address_id = holder.ip_address_id) = 1
       returning ip_address_id
     ), moved as (
       delete from server_addresses gone using holder join leased using (ip_address_id)
       where gone.server_id = holder.server_id and gone.address = holder.address
     )
     select count(distinct ip_address_id)::int as held from holder`,
    [pool.id, pool.clusterId],
  );
  return counted?.held ?? 0;
}
