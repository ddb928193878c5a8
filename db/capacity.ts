import type { Knex } from 'knex';
import { queryRows } from './query-rows.ts';

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
 * A failed server has no VM, a deleted one neither; all others count with their full memory, running or not, and one that
 * moves counts on both nodes.
 */
const TAKEN_ON = (nodeId: string): string => `
  select coalesce(sum(s.memory_mib), 0) as memory_mib from servers s
  where s.deleted_at is null and s.lifecycle <> 'failed' and (s.node_id = ${nodeId} or s.id in (
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

/** Memory of a node that no server but `exceptServerId` has been given, in MiB. Hold the cluster's row while deciding by it. */
export async function freeMemoryMib(trx: Knex, nodeId: string, exceptServerId: string): Promise<number> {
  const [row] = await queryRows<{ free: number }>(
    trx,
    `select (n.memory_mib - taken.memory_mib)::int as free from nodes n
     cross join lateral (${TAKEN_ON('n.id')} and s.id <> ?) taken where n.id = ?`,
    [exceptServerId, nodeId],
  );
  return row?.free ?? 0;
}
