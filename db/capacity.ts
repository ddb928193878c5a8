import type { Knex } from 'knex';
import type { ServerSize } from './models/operation.ts';
import { queryRows } from './query-rows.ts';
import type { Lack } from '../contract/lack.ts';

export interface RoomWanted {
  /** Any cluster when left out. */
  clusterId?: string;
  templateId: string;
  memoryMib: number;
  diskGib: number;
}

export interface NodeWithRoom {
  clusterId: string;
  nodeId: string;
  nodeName: string;
  templateVmid: number;
  templateStorage: string;
  memoryMib: number;
  freeMemoryMib: number;
  /** Null when the storage's size is not known. */
  freeDiskMib: number | null;
}

/**
 * A failed server has no VM, a cancelled or deleted one neither; all others count with their full memory, running or not, one that
 * moves on both nodes, and one that is resized with what it grows to. `except` is a server that does not count.
 */
const TAKEN_ON = (nodeId: string, except = 'null'): string => `
  select coalesce(sum(s.memory_mib), 0) + (
    select coalesce(sum(greatest((o.params -> 'target' ->> 'memoryMib')::int - g.memory_mib, 0)), 0)
    from operations o join servers g on g.id = o.server_id
    where o.type = 'resize' and o.status in ('pending', 'running', 'needs_attention')
      and g.node_id = ${nodeId} and g.id is distinct from ${except}::uuid
  ) as memory_mib
  from servers s
  where s.id is distinct from ${except}::uuid and s.deleted_at is null and s.lifecycle not in ('failed', 'cancelled') and (s.node_id = ${nodeId} or s.id in (
    select o.server_id from operations o
    where o.type = 'migrate' and o.status in ('pending', 'running', 'needs_attention')
      and o.params ->> 'reservedNodeId' = ${nodeId}::text))`;

const NODES_WITH_ROOM = `
  select n.cluster_id as "clusterId", n.id as "nodeId", n.name as "nodeName", tv.vmid as "templateVmid",
    tv.storage as "templateStorage", n.memory_mib as "memoryMib",
    (n.memory_mib - taken.memory_mib)::int as "freeMemoryMib",
    (st.total_mib - st.used_mib)::float8 as "freeDiskMib"
  from nodes n
  join template_vms tv on tv.node_id = n.id and tv.template_id = ?
  left join storages st on st.node_id = n.id and st.name = tv.storage
  cross join lateral (${TAKEN_ON('n.id')}) taken
  where n.status = 'online' and n.accepts_servers
    and (?::uuid is null or n.cluster_id = ?::uuid)
    and n.memory_mib - taken.memory_mib >= ?
    and (st.id is null or st.total_mib - st.used_mib >= ?::bigint * 1024)
  order by taken.memory_mib::float8 / n.memory_mib, n.name`;

/**
 * The online nodes that hold the template and have the memory and disk free, least loaded (by share of memory given
 * away) first. It reserves nothing: whoever places servers holds a lock while choosing.
 */
export async function nodesWithRoom(trx: Knex, wanted: RoomWanted): Promise<NodeWithRoom[]> {
  const { templateId, memoryMib, diskGib, clusterId = null } = wanted;
  return queryRows<NodeWithRoom>(trx, NODES_WITH_ROOM, [
    templateId,
    clusterId,
    clusterId,
    memoryMib,
    diskGib,
  ]);
}

/** Bindings: twice the server that does not count. */
const FREE_MEMORY = `
  select n.id, (n.memory_mib - taken.memory_mib)::int as free from nodes n
  cross join lateral (${TAKEN_ON('n.id', '?')}) taken`;

/** Memory of a node that no server but `exceptServerId` has been given, in MiB. Hold the cluster's row while deciding by it. */
export async function freeMemoryMib(trx: Knex, nodeId: string, exceptServerId: string): Promise<number> {
  const [row] = await queryRows<{ free: number }>(trx, `${FREE_MEMORY} where n.id = ?`, [
    exceptServerId,
    exceptServerId,
    nodeId,
  ]);
  return row?.free ?? 0;
}

/** The same of every node of a cluster, by node id; negative where more was given than is there. */
export async function freeMemoryByNode(
  database: Knex,
  clusterId: string,
  exceptServerId: string,
): Promise<Map<string, number>> {
  const rows = await queryRows<{ id: string; free: number }>(
    database,
    `${FREE_MEMORY} where n.cluster_id = ?`,
    [exceptServerId, exceptServerId, clusterId],
  );
  return new Map(rows.map(({ id, free }) => [id, free]));
}

export interface NodeUse {
  id: string;
  clusterId: string;
  cluster: string;
  name: string;
  status: 'online' | 'offline' | 'unknown';
  acceptsServers: boolean;
  cores: number;
  memoryMib: number;
  servers: number;
  givenVcpus: number;
  givenMemoryMib: number;
  storages: { name: string; kind: string; shared: boolean; totalMib: number; usedMib: number }[] | null;
  templates: string[] | null;
  observedAt: Date;
}

/** Every node, or one, with what it has and what of it has been given to servers. */
export async function listNodeUse(database: Knex, nodeId: string | null = null): Promise<NodeUse[]> {
  return queryRows<NodeUse>(
    database,
    `select n.id, n.cluster_id as "clusterId", c.name as cluster, n.name,
       case when n.observed_at > now() - interval '3 minutes' then n.status else 'unknown' end as status,
       n.accepts_servers as "acceptsServers", n.cores, n.memory_mib as "memoryMib", n.observed_at as "observedAt",
       held.servers, held.vcpus as "givenVcpus", taken.memory_mib::int as "givenMemoryMib",
       (select json_agg(json_build_object('name', st.name, 'kind', st.kind, 'shared', st.shared,
          'totalMib', st.total_mib, 'usedMib', st.used_mib) order by st.name)
        from storages st where st.node_id = n.id) as storages,
       (select array_agg(t.name order by t.name) from template_vms tv join templates t on t.id = tv.template_id
        where tv.node_id = n.id) as templates
     from nodes n join clusters c on c.id = n.cluster_id
     cross join lateral (${TAKEN_ON('n.id')}) taken
     cross join lateral (
       select count(*)::int as servers, coalesce(sum(s.vcpu) filter (where s.lifecycle not in ('failed', 'cancelled')), 0)::int as vcpus
       from servers s where s.node_id = n.id and s.deleted_at is null) held
     where ?::uuid is null or n.id = ?::uuid
     order by c.name, n.name`,
    [nodeId, nodeId],
  );
}

/** What the node a server is on could give it in all. */
export interface RoomToGrow {
  cores: number;
  memoryMib: number;
  /** Free on the storage its template is copied to; null when that or its size is not known. */
  freeDiskMib: number | null;
}

/** Null for a server that is on no known node. Reserves nothing: a resize counts from the moment it is requested. */
export async function roomToGrow(trx: Knex, serverId: string): Promise<RoomToGrow | null> {
  const [node] = await queryRows<{ id: string; cores: number; freeDiskMib: number | null }>(
    trx,
    `select n.id, n.cores, (st.total_mib - st.used_mib)::float8 as "freeDiskMib"
     from servers s join nodes n on n.id = s.node_id
     left join template_vms tv on tv.node_id = n.id and tv.template_id = s.template_id
     left join storages st on st.node_id = n.id and st.name = tv.storage
     where s.id = ?`,
    [serverId],
  );
  if (!node) return null;
  const { id, cores, freeDiskMib } = node;
  return { cores, memoryMib: await freeMemoryMib(trx, id, serverId), freeDiskMib };
}

type Size = Pick<ServerSize, 'vcpu' | 'memoryMib' | 'diskGib'>;

/** What a node lacks for a server on it to change its size; null when there is room. */
export function lackOf(
  { cores, memoryMib, freeDiskMib }: RoomToGrow,
  former: Size,
  target: Size,
): Lack | null {
  const moreMemoryMib = target.memoryMib - former.memoryMib;
  const moreDiskGib = target.diskGib - former.diskGib;
  const left = (free: number): number => Math.max(0, Math.floor(free));
  if (target.vcpu > former.vcpu && target.vcpu > cores)
    return { what: 'processors', wanted: target.vcpu, free: cores };
  if (moreMemoryMib > 0 && target.memoryMib > memoryMib)
    return { what: 'memory', wanted: moreMemoryMib, free: left(memoryMib - former.memoryMib) };
  if (moreDiskGib > 0 && freeDiskMib !== null && moreDiskGib * 1024 > freeDiskMib)
    return { what: 'disk', wanted: moreDiskGib, free: left(freeDiskMib / 1024) };
  return null;
}
