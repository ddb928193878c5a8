import type { Knex } from 'knex';
import { MOST_AVAILABLE, type Availability } from '../contract/catalog.ts';
import { definitionOf } from '../contract/operation-table.ts';
import { nodesWithRoom, type NodeWithRoom } from '../db/capacity.ts';
import { Plan } from '../db/models/plan.ts';
import { queryRows } from '../db/query-rows.ts';

interface Place {
  clusterId: string;
  location: string;
  addresses: number;
}

/** Clusters that hold the template, with how many servers could still get an address of each family they hand out. */
const PLACES = `
  select c.id as "clusterId", c.location, (
    select coalesce(min(free), 0)::int from (
      select f.family, (
        select count(*) from (
          select 1 from ip_addresses a join ip_pools p on p.id = a.pool_id
          where p.cluster_id = c.id and family(a.address) = f.family and not a.reserved
            and not exists (select 1 from ip_leases l where l.ip_address_id = a.id)
          limit ${MOST_AVAILABLE}) counted
      ) as free
      from (select 4 as family union select family(network) from ip_pools where cluster_id = c.id) f
    ) by_family
  ) as addresses
  from clusters c
  where exists (select 1 from nodes n join template_vms tv on tv.node_id = n.id
    where n.cluster_id = c.id and tv.template_id = ?)
  order by c.location, c.name`;

/** Whole seconds, of the steps that are known. */
const USUAL = `
  select sum(usual_seconds('provision', step, ?::uuid, ?::text))::int as seconds
  from unnest(?::text[]) as step`;

/** How many servers of each plan on offer fit where, by location; a location that has no room is told of with 0. */
export async function findAvailability(database: Knex, templateId: string): Promise<Availability[]> {
  const plans = await Plan.query(database).where('enabled', true);
  const places = await queryRows<Place>(database, PLACES, [templateId]);
  const found = new Map<string, Availability>();
  for (const plan of plans) {
    const nodes = await nodesWithRoom(database, {
      templateId,
      memoryMib: plan.memoryMib,
      diskGib: plan.diskGib,
    });
    for (const { clusterId, location, addresses } of places) {
      const here = nodes.filter((node) => node.clusterId === clusterId);
      const fitting = Math.min(
        addresses,
        here.reduce((sum, node) => sum + fit(node, plan), 0),
      );
      const key = `${location}/${plan.id}`;
      const before = found.get(key);
      const best = here[0];
      found.set(key, {
        location,
        planId: plan.id,
        servers: Math.min(MOST_AVAILABLE, (before?.servers ?? 0) + fitting),
        usualSeconds: before?.usualSeconds ?? (best ? await usualSeconds(database, best) : null),
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

async function usualSeconds(database: Knex, node: NodeWithRoom): Promise<number | null> {
  const steps = definitionOf('provision').steps.map(({ name }) => name);
  const [row] = await queryRows<{ seconds: number | null }>(database, USUAL, [
    node.nodeId,
    node.templateStorage,
    steps,
  ]);
  return row?.seconds ?? null;
}
