import type { Knex } from 'knex';
import type { ListDriftQuery, ListOrphansQuery } from '../contract/reconcile.ts';
import type { Said } from '../contract/said.ts';
import type { Drift } from '../db/models/drift.ts';
import type { Orphan } from '../db/models/orphan.ts';
import type { ReconcileRun } from '../db/models/reconcile-run.ts';
import { queryRows } from '../db/query-rows.ts';
import type { PagePosition } from './cursor.ts';

/** How drift and orphans are sorted: the latest found first. */
export const FINDING_SORT = '-firstSeenAt';

export interface DriftRow extends Pick<
  Drift,
  | 'id'
  | 'serverId'
  | 'field'
  | 'recordValue'
  | 'proxmoxValue'
  | 'repairRequestedAt'
  | 'note'
  | 'noteSaid'
  | 'firstSeenAt'
  | 'lastSeenAt'
  | 'resolvedAt'
  | 'resolution'
> {
  serverName: string;
  sortValue: string;
}

const DRIFT = `
  select d.id, d.server_id as "serverId", s.name as "serverName", d.field, d.record_value as "recordValue",
    d.proxmox_value as "proxmoxValue", d.repair_requested_at as "repairRequestedAt", d.note, d.note_said as "noteSaid",
    d.first_seen_at as "firstSeenAt", d.last_seen_at as "lastSeenAt", d.resolved_at as "resolvedAt", d.resolution,
    d.first_seen_at::text as "sortValue"
  from drifts d join servers s on s.id = d.server_id and s.deleted_at is null`;

/** One page of drift, the latest first, plus one row when there is more. */
export async function listDrift(
  database: Knex,
  { server, cluster, resolved, limit }: ListDriftQuery,
  position: PagePosition | null,
): Promise<DriftRow[]> {
  return queryRows(
    database,
    `${DRIFT} where (d.resolved_at is not null) = ? and (?::uuid is null or d.server_id = ?)
       and (?::uuid is null or s.cluster_id = ?)
       and (?::timestamptz is null or (d.first_seen_at, d.id) < (?::timestamptz, ?::uuid))
     order by d.first_seen_at desc, d.id desc limit ?`,
    [resolved, ...twice(server), ...twice(cluster), ...placeOf(position), limit + 1],
  );
}

export async function readDrift(database: Knex, id: string): Promise<DriftRow | undefined> {
  const [row] = await queryRows<DriftRow>(database, `${DRIFT} where d.id = ?`, [id]);
  return row;
}

export async function openDriftOf(database: Knex, serverId: string): Promise<DriftRow[]> {
  return queryRows(
    database,
    `${DRIFT} where d.server_id = ? and d.resolved_at is null order by d.first_seen_at`,
    [serverId],
  );
}

export type OrphanRow = Pick<
  Orphan,
  | 'id'
  | 'clusterId'
  | 'kind'
  | 'identifier'
  | 'node'
  | 'evidence'
  | 'state'
  | 'request'
  | 'note'
  | 'noteSaid'
  | 'firstSeenAt'
  | 'lastSeenAt'
  | 'goneAt'
  | 'quarantinedUntil'
> & { sortValue: string };

const ORPHAN = `
  select o.id, o.cluster_id as "clusterId", o.kind, o.identifier, o.node, o.evidence, o.state, o.request, o.note, o.note_said as "noteSaid",
    o.first_seen_at as "firstSeenAt", o.last_seen_at as "lastSeenAt", o.gone_at as "goneAt",
    o.quarantined_until as "quarantinedUntil", o.first_seen_at::text as "sortValue"
  from orphans o`;

/** Seen once it may be something that is just being made, or taken down. */
const IS_SHOWN = `(o.sightings > 1 or o.state <> 'found')`;

/** One page of orphans, the latest first, plus one row when there is more. */
export async function listOrphans(
  database: Knex,
  { cluster, kind, state, gone, limit }: ListOrphansQuery,
  position: PagePosition | null,
): Promise<OrphanRow[]> {
  return queryRows(
    database,
    `${ORPHAN} where ${IS_SHOWN} and (?::uuid is null or o.cluster_id = ?) and (?::text is null or o.kind = ?)
       and case when ?::text is null then o.state in ('found', 'quarantined') and (o.gone_at is not null) = ?
         else o.state = ? end
       and (?::timestamptz is null or (o.first_seen_at, o.id) < (?::timestamptz, ?::uuid))
     order by o.first_seen_at desc, o.id desc limit ?`,
    [...twice(cluster), ...twice(kind), state ?? null, gone, state ?? null, ...placeOf(position), limit + 1],
  );
}

export async function readOrphan(database: Knex, id: string): Promise<OrphanRow | undefined> {
  const [row] = await queryRows<OrphanRow>(database, `${ORPHAN} where ${IS_SHOWN} and o.id = ?`, [id]);
  return row;
}

export interface ReconcileRow {
  clusterId: string;
  cluster: string;
  status: ReconcileRun['status'] | null;
  startedAt: Date;
  finishedAt: Date | null;
  completedAt: Date | null;
  serversRead: number;
  message: string | null;
  said: Said | null;
  drift: number;
  orphans: Record<string, number> | null;
}

/** Every cluster with its latest run and how much is open there. */
export async function listReconcileStates(database: Knex): Promise<ReconcileRow[]> {
  return queryRows(
    database,
    `select c.id as "clusterId", c.name as cluster, r.status, r.started_at as "startedAt",
       r.finished_at as "finishedAt", r.completed_at as "completedAt", r.servers_read as "serversRead", r.message, r.said,
       (select count(*)::int from drifts d join servers s on s.id = d.server_id
        where s.cluster_id = c.id and s.deleted_at is null and d.resolved_at is null) as drift,
       (select json_object_agg(kind, count) from (
          select o.kind, count(*)::int as count from orphans o
          where o.cluster_id = c.id and ${IS_SHOWN} and o.gone_at is null and o.state in ('found', 'quarantined')
          group by o.kind) counted) as orphans
     from clusters c left join reconcile_runs r on r.cluster_id = c.id order by c.name`,
  );
}

const twice = (value: string | undefined): [string | null, string | null] => [value ?? null, value ?? null];
const placeOf = (position: PagePosition | null) => [
  position?.value ?? null,
  position?.value ?? null,
  position?.id ?? null,
];
