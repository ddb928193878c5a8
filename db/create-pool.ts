import type { Database } from './connect.ts';
import { Cluster } from './models/cluster.ts';
import { IpPool } from './models/ip-pool.ts';

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

/** Adds a pool with `count` addresses from `first` on; returns how many it added. Throws when they leave the network. */
export async function createPool(database: Database, input: NewPool): Promise<number> {
  const { network, gateway, bridge, vlan = null, nameserver: nameservers, first, count } = input;
  return database.transaction(async (trx) => {
    const cluster = await Cluster.query(trx).findOne({ name: input.cluster });
    if (!cluster)
      throw new Error(
        `There is no cluster named ${input.cluster}; add it with cluster:create, or start the worker with PROXMOX_URL.`,
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
    return rows.length;
  });
}
