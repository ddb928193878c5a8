import type { Knex } from 'knex';
import type { Database } from './connect.ts';
import { Cluster } from './models/cluster.ts';
import { IpPool } from './models/ip-pool.ts';
import { queryRows } from './query-rows.ts';

export interface NewPool {
  cluster: string;
  name?: string;
  network: string;
  gateway: string;
  first: string;
  count: number;
  bridge: string;
  vlan?: number;
  nameserver: string[];
}

export interface AddedAddresses {
  added: number;
  /** Those of them that imported servers have already, so that they are not handed out. */
  held: number;
}

/**
 * Adds a pool with `count` addresses from `first` on. An address that an imported server of this cluster has is leased to
 * it. Throws when the addresses leave the network.
 */
export async function createPool(database: Database, input: NewPool): Promise<AddedAddresses> {
  const { network, gateway, bridge, vlan = null, nameserver: nameservers, first, count } = input;
  return database.transaction(async (trx) => {
    const cluster = await Cluster.query(trx).findOne({ name: input.cluster });
    if (!cluster)
      throw new Error(
        `There is no cluster named ${input.cluster}; add it with cluster:add, or start the worker with PROXMOX_URL.`,
      );
    const pool = await IpPool.query(trx).insertAndFetch({
      clusterId: cluster.id,
      name: input.name ?? network,
      network,
      gateway,
      bridge,
      vlan,
      nameservers,
    });
    const { rows } = await trx.raw<{ rows: { inside: boolean }[] }>(
      `insert into ip_addresses (pool_id, address)
       select ?, host(?::inet + n)::inet from generate_series(0, ?::int - 1) n
       returning address << ?::cidr and address <> ?::inet
         and (family(address) = 6 or host(address) not in (host(network(?::cidr)), host(broadcast(?::cidr)))) as inside`,
      [pool.id, first, count, network, gateway, network, network],
    );
    if (!rows.every(({ inside }) => inside)) {
      throw new Error(
        `${count} addresses from ${first} do not all lie in ${network}, or include its first or last address or the gateway ${gateway}.`,
      );
    }
    return { added: rows.length, held: await leaseToHolders(trx, pool) };
  });
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
