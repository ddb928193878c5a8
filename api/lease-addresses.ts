import type { Knex } from 'knex';
import { queryRows } from '../db/query-rows.ts';

/**
 * Leases one address of each family the cluster has a pool for; false when a family is exhausted or there is no pool.
 * IPv4 is always wanted. Call it in a savepoint when other clusters are to be tried.
 */
export async function leaseAddresses(trx: Knex, clusterId: string, serverId: string): Promise<boolean> {
  if (!(await leaseAddress(trx, clusterId, serverId, 4))) return false;
  const pools = await queryRows(
    trx,
    'select 1 from ip_pools where cluster_id = ? and family(network) = 6 limit 1',
    [clusterId],
  );
  return pools.length === 0 || leaseAddress(trx, clusterId, serverId, 6);
}

/** The condition on an address `a` that nobody has, which Berth may give away. */
export const IS_FREE = `not a.reserved
    and not exists (select 1 from ip_leases l where l.ip_address_id = a.id)
    and not exists (select 1 from server_addresses other join servers s on s.id = other.server_id
      where host(other.address) = host(a.address) and s.deleted_at is null)`;

const freeAddress = (lock: string) => `
  select a.id from ip_addresses a join ip_pools p on p.id = a.pool_id
  where p.cluster_id = ? and family(a.address) = ? and ${IS_FREE}
  order by a.address limit 1 for update of a ${lock}`;

async function leaseAddress(trx: Knex, clusterId: string, serverId: string, family: 4 | 6): Promise<boolean> {
  for (;;) {
    const pick = async (lock: string) =>
      (await queryRows<{ id: string }>(trx, freeAddress(lock), [clusterId, family])).at(0);
    // Addresses others are taking at this moment are passed over; only when no other is left is it worth waiting to
    // see whether they really take them.
    const address = (await pick('skip locked')) ?? (await pick(''));
    if (!address) return false;
    // The lock may have been gained just after another lease of it was committed, which this statement did not see.
    const leased = await queryRows(
      trx,
      'insert into ip_leases (ip_address_id, server_id) values (?, ?) on conflict do nothing returning 1',
      [address.id, serverId],
    );
    if (leased.length > 0) return true;
  }
}
