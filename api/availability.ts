import type { Knex } from 'knex';
import { MOST_AVAILABLE, type Availability } from '../contract/catalog.ts';
import { definitionOf } from '../contract/operation-table.ts';
import { nodesWithRoom, type NodeWithRoom } from '../db/capacity.ts';
import { Plan } from '../db/models/plan.ts';
import { queryRows } from '../db/query-rows.ts';
import { IS_FREE } from './lease-addresses.ts';

interface Place {
  clusterId: string;
  location: string;
  addresses: number;
  usualSeconds: number | null;
}

/**
 * Clusters that hold the template, with how many servers could still get an address of each family they hand out, and how long
 * building one has taken on the quickest of their nodes, in whole seconds, as far as its steps are known.
 */
const PLACES = `
  select c.id as "clusterId", c.location, (
    select coalesce(min(free), 0)::int from (
      select f.family, (
        select count(*) from (
          select 1 from ip_addresses a join ip_pools p on p.id = a.pool_id
          where p.cluster_id = c.id and family(a.address) = f.family and ${IS_FREE}
          limit ${MOST_AVAILABLE}) counted
      ) as free
      from (select 4 as family union select family(network) from ip_pools where cluster_id = c.id) f
    ) by_family
  ) as addresses, (
    select min((select sum(usual_seconds('provision', step, tv.node_id, tv.storage)) from unnest(?::text[]) step))::int
    from nodes n join template_vms tv on tv.node_id = n.id where n.cluster_id = c.id and tv.template_id = ?
  ) as "usualSeconds"
  from clusters c
  where exists (select 1 from nodes n join template_vms tv on tv.node_id = n.id
    where n.cluster_id = c.id and tv.template_id = ?)
  order by c.location, c.name`;

/** How many servers of each plan on offer fit where, by location; a location that has no room is told of with 0. */
export async function findAvailability(database: Knex, templateId: string): Promise<Availability[]> {
  const plans = await Plan.query(database).where('enabled', true);
  const steps = definitionOf('provision').steps.map(({ name }) => name);
  const places = await queryRows<Place>(database, PLACES, [steps, templateId, templateId]);
  const found = new Map<string, Availability>();
  for (const plan of plans) {
    const nodes = await nodesWithRoom(database, {
      templateId,
      memoryMib: plan.memoryMib,
      diskGib: plan.diskGib,
    });
    for (const { clusterId, location, addresses, usualSeconds } of places) {
      const here = nodes.filter((node) => node.clusterId === clusterId);
      const fitting = Math.min(
        addresses,
        here.reduce((sum, node) => sum + fit(node, plan), 0),
      );
      const key = `${location}/${plan.id}`;
      const before = found.get(key);
      found.set(key, {
        location,
        planId: plan.id,
        servers: Math.min(MOST_AVAILABLE, (before?.servers ?? 0) + fitting),
        usualSeconds: before?.usualSeconds ?? usualSeconds,
      });
    }
  }
  return [...found.values()];
}

/** By memory and disk, which is shared with others at the next moment. */
function fit({ freeMemoryMib, freeDiskMib }: NodeWithRoom, { memoryMib, diskGib }: Plan): number {
  const byDisk = freeDiskMib === null ? Infinity : Math.floor(freeDiskMib / (diskGib * 1024));
  return Math.min(Math.floor(freeMemoryMib / memoryMib), byDisk);
}
