import type { Knex } from 'knex';
import type { OperationType } from '../contract/operation-table.ts';
import type { OperationStatus } from '../contract/operations.ts';
import type {
  ListServersQuery,
  ServerAddress,
  ServerObservation,
  ServerSort,
  ServerStatus,
} from '../contract/servers.ts';
import type { PowerState } from '../db/models/server.ts';
import { queryRows, queryRowsPrepared } from '../db/query-rows.ts';
import type { PagePosition } from './cursor.ts';
import { likePattern } from './like-pattern.ts';
import { searchConditions } from './search-servers.ts';
import { withinReach, type Condition, type Reach } from './reach.ts';

/** Times as PostgreSQL writes them into JSON. */
type ObservedRow = Omit<ServerObservation, 'memoryUsedMib'> & { memoryBytes: number | null };

/** A server with everything its view shows, read in one query. */
export interface ServerRow {
  id: string;
  accountId: string;
  accountName: string;
  name: string;
  status: ServerStatus;
  isDeleted: boolean;
  hostname: string | null;
  planId: string | null;
  planName: string;
  templateId: string | null;
  /** Of an imported server its operating system, where that is known. */
  templateName: string | null;
  defaultUser: string | null;
  vcpu: number;
  memoryMib: number;
  diskGib: number;
  nodeName: string | null;
  location: string;
  deleteProtection: boolean;
  rescue: boolean;
  rebuildProtection: boolean;
  restartNeeded: boolean;
  labels: Record<string, string>;
  powerState: PowerState;
  suspendReason: string | null;
  powerObservedAt: Date | null;
  observed: ObservedRow | null;
  createdAt: Date;
  addresses: ServerAddress[] | null;
  /** Of a deletion that waits: when it goes on. */
  destroyAfter: string | null;
  operationId: string | null;
  operationType: OperationType;
  operationStatus: OperationStatus;
  operationStep: string | null;
  operationPercent: number | null;
  operationCancelRequested: boolean;
  operationCreatedAt: Date;
  /** The text of the sort's column, exact to the microsecond. */
  sortValue: string;
}

/**
 * The only place that derives a server's status: what Proxmox said counts for 60 seconds, after which the truth is
 * that nobody knows.
 */
const POWER = `case when s.power_observed_at > now() - interval '60 seconds' then s.power_state else 'unknown' end`;
const STATUS = `case when s.lifecycle <> 'active' then s.lifecycle else ${POWER} end`;

const SORT_COLUMN: Record<ServerSort, 's.created_at' | 's.name'> = {
  createdAt: 's.created_at',
  '-createdAt': 's.created_at',
  name: 's.name',
  '-name': 's.name',
};

/**
 * The page is chosen first, by an index, and everything else joined to its few rows: the planner cannot be tempted
 * into joining the whole table.
 */
function selectServers(conditions: Condition[], sort: ServerSort, limit: number): Condition {
  const column = SORT_COLUMN[sort];
  const direction = sort.startsWith('-') ? 'desc' : 'asc';
  const order = `order by ${column} ${direction}, s.id ${direction}`;
  const where = conditions.map(({ sql }) => `and ${sql}`).join(' ');
  const sql = `
    select s.id, s.account_id as "accountId", ac.name as "accountName", s.name, ${STATUS} as status, s.deleted_at is not null as "isDeleted",
      s.hostname, p.id as "planId", coalesce(p.name, s.plan_name) as "planName", t.id as "templateId",
      coalesce(t.name, s.os) as "templateName", s.delete_protection as "deleteProtection", s.rescue is not null as rescue,
      s.rebuild_protection as "rebuildProtection", s.restart_needed as "restartNeeded",
      s.labels, ${POWER} as "powerState",
      s.suspend_reason as "suspendReason",
      t.default_user as "defaultUser", s.vcpu, s.memory_mib as "memoryMib", s.disk_gib as "diskGib",
      n.name as "nodeName", c.location, s.power_observed_at as "powerObservedAt", s.created_at as "createdAt",
      case when ob.server_id is not null then json_build_object('at', ob.observed_at,
        'missingSince', ob.missing_since, 'lock', ob.lock, 'uptimeSeconds', ob.uptime_seconds, 'cpu', ob.cpu,
        'memoryBytes', ob.memory_bytes, 'diskReadBytes', ob.disk_read_bytes,
        'diskWrittenBytes', ob.disk_written_bytes, 'netInBytes', ob.net_in_bytes, 'netOutBytes', ob.net_out_bytes,
        'agentAddresses', (select array_agg(host(a) order by nth) from unnest(ob.agent_addresses) with ordinality u (a, nth)),
        'agentSeenAt', ob.agent_seen_at) end as observed,
      held.addresses, o.id as "operationId", o.type as "operationType", o.status as "operationStatus",
      o.step as "operationStep", o.percent as "operationPercent",
      o.cancel_requested_at is not null as "operationCancelRequested", o.created_at as "operationCreatedAt",
      o.params ->> 'destroyAfter' as "destroyAfter",
      ${column}::text as "sortValue"
    from (select s.* from servers s where true ${where} ${order} limit ${limit}) s
    join clusters c on c.id = s.cluster_id
    join accounts ac on ac.id = s.account_id
    left join plans p on p.id = s.plan_id
    left join templates t on t.id = s.template_id
    left join nodes n on n.id = s.node_id
    left join server_observations ob on ob.server_id = s.id
    left join operations o on o.server_id = s.id and o.status in ('pending', 'running', 'needs_attention')
    left join lateral (
      select json_agg(json_build_object('address', host(address), 'prefix', prefix, 'gateway', host(gateway),
        'family', family(address)) order by family(address), address) as addresses
      from (
        select a.address, masklen(pool.network) as prefix, pool.gateway
        from ip_leases l join ip_addresses a on a.id = l.ip_address_id join ip_pools pool on pool.id = a.pool_id
        where l.server_id = s.id
        union all
        select other.address, masklen(other.address), null from server_addresses other where other.server_id = s.id
      ) either
    ) held on true
    ${order}`;
  return { sql, bindings: conditions.flatMap(({ bindings }) => bindings) };
}

function ownedBy(reach: Reach): Condition[] {
  const condition = withinReach(reach, 's.account_id', 's.id');
  return condition ? [condition] : [];
}

function foundBy(search: string): Condition {
  const pattern = likePattern(search);
  return {
    // Only servers bound to a VM that was there before have the other two: the rest are spared the look.
    sql: `(s.name like ? or exists (select 1 from ip_leases l join ip_addresses a on a.id = l.ip_address_id
        where l.server_id = s.id and host(a.address) like ?)
      or (s.vm_identity is not null and (lower(s.hostname) like ? or exists (select 1 from server_addresses a
        where a.server_id = s.id and host(a.address) like ?))))`,
    bindings: [pattern, pattern, pattern, pattern],
  };
}

/** The condition on empty ones lets the index serve it, which holds only servers that have labels. */
function labelled(label: string): Condition {
  const at = label.indexOf('=');
  const wanted = { [label.slice(0, at)]: label.slice(at + 1) };
  return { sql: "s.labels <> '{}' and s.labels @> ?::jsonb", bindings: [JSON.stringify(wanted)] };
}

function after(sort: ServerSort, { value, id }: PagePosition): Condition {
  const column = SORT_COLUMN[sort];
  const type = column === 's.name' ? 'text' : 'timestamptz';
  const compare = sort.startsWith('-') ? '<' : '>';
  return { sql: `(${column}, s.id) ${compare} (?::${type}, ?::uuid)`, bindings: [value, id] };
}

/** One page of living servers plus one row more, when there is more; one query. */
export async function listServers(
  database: Knex,
  reach: Reach,
  query: ListServersQuery,
  position: PagePosition | null,
): Promise<ServerRow[]> {
  const conditions: Condition[] = [
    { sql: 's.deleted_at is null', bindings: [] },
    ...ownedBy(reach),
    ...(query.status ? [{ sql: `(${STATUS}) = ?`, bindings: [query.status] }] : []),
    ...(query.accountId ? [{ sql: 's.account_id = ?', bindings: [query.accountId] }] : []),
    ...(query.nodeId ? [{ sql: 's.node_id = ?', bindings: [query.nodeId] }] : []),
    ...(query.label ? [labelled(query.label)] : []),
    ...(query.search ? [foundBy(query.search)] : []),
    ...(query.q ? searchConditions(query.q, { status: STATUS, foundBy }) : []),
    ...(position ? [after(query.sort, position)] : []),
  ];
  const { sql, bindings } = selectServers(conditions, query.sort, query.limit + 1);
  return queryRowsPrepared<ServerRow>(database, sql, bindings);
}

/** A living server the caller may see, or undefined. */
export async function findServer(database: Knex, reach: Reach, id: string): Promise<ServerRow | undefined> {
  const conditions = [
    { sql: 's.id = ?', bindings: [id] },
    { sql: 's.deleted_at is null', bindings: [] },
    ...ownedBy(reach),
  ];
  const { sql, bindings } = selectServers(conditions, '-createdAt', 1);
  const [row] = await queryRowsPrepared<ServerRow>(database, sql, bindings);
  return row;
}

/** Whether there is, or was, such a server that the caller may see. */
export async function isServerWithin(database: Knex, reach: Reach, id: string): Promise<boolean> {
  const conditions = [{ sql: 's.id = ?', bindings: [id] }, ...ownedBy(reach)];
  const found = await queryRows(
    database,
    `select 1 from servers s where ${conditions.map(({ sql }) => sql).join(' and ')}`,
    conditions.flatMap(({ bindings }) => bindings),
  );
  return found.length > 0;
}

/** These servers, deleted ones too; whose they are is for the caller to check. */
export async function readServers(database: Knex, ids: readonly string[]): Promise<ServerRow[]> {
  if (ids.length === 0) return [];
  const conditions = [{ sql: 's.id = any(?::uuid[])', bindings: [[...ids]] }];
  const { sql, bindings } = selectServers(conditions, '-createdAt', ids.length);
  return queryRows<ServerRow>(database, sql, bindings);
}
