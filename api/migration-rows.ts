import type { Knex } from 'knex';
import type {
  ListExceptionsQuery,
  MigrationException,
  MigrationReport,
  MigrationRun,
} from '../contract/migration-runs.ts';
import { queryRows } from '../db/query-rows.ts';
import type { PagePosition } from './cursor.ts';

export const RUN_SORT = '-createdAt';
export const EXCEPTION_SORT = 'sourceId';

/** A run without its mapping and its login. */
export interface RunRow extends Pick<
  MigrationRun,
  'id' | 'source' | 'sourceLabel' | 'dryRun' | 'status' | 'phase' | 'pauseRequested'
> {
  causeCode: string | null;
  causeMessage: string | null;
  totals: Partial<Record<Entity, number>>;
  ranges: { stage: 'read' | 'load'; entity: Entity; rows: number; quarantined: number }[] | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  sortValue: string;
}
type Entity = MigrationException['entity'];

const RUN = `
  select r.id, r.source, r.source_label as "sourceLabel", r.dry_run as "dryRun", r.status, r.phase,
    r.pause_requested as "pauseRequested", r.cause_code as "causeCode", r.cause_message as "causeMessage", r.totals,
    r.created_at as "createdAt", r.started_at as "startedAt", r.finished_at as "finishedAt",
    r.created_at::text as "sortValue",
    (select json_agg(p) from (
       select stage, entity, sum(rows)::int as rows, sum(quarantined)::int as quarantined
       from migration_ranges where run_id = r.id group by 1, 2) p) as ranges
  from migration_runs r`;

/** One page of runs, the latest first, plus one row when there is more. */
export async function listRuns(
  database: Knex,
  limit: number,
  position: PagePosition | null,
): Promise<RunRow[]> {
  return queryRows(
    database,
    `${RUN} where ?::timestamptz is null or (r.created_at, r.id) < (?::timestamptz, ?::uuid)
     order by r.created_at desc, r.id desc limit ?`,
    [position?.value ?? null, position?.value ?? null, position?.id ?? null, limit + 1],
  );
}

export async function readRun(database: Knex, id: string): Promise<RunRow | undefined> {
  return (await queryRows<RunRow>(database, `${RUN} where r.id = ?`, [id]))[0];
}

/** What a run has made of its source so far, counted. */
export async function countOutcomes(database: Knex, runId: string) {
  const [outcomes, reasons] = await Promise.all([
    queryRows<MigrationReport['outcomes'][number]>(
      database,
      `select entity, outcome, count(*)::int as rows from migration_items where run_id = ? group by 1, 2 order by 1, 2`,
      [runId],
    ),
    queryRows<Omit<MigrationReport['reasons'][number], 'meaning' | 'remedy'>>(
      database,
      `select entity, outcome, code, count(*)::int as rows from (
         select entity, outcome, code from migration_items where run_id = ? and code is not null
         union all
         select entity, outcome, unnest(warnings) from migration_items where run_id = ? and outcome = 'migrated'
       ) reasons group by 1, 2, 3 order by rows desc, code, entity`,
      [runId, runId],
    ),
  ]);
  return { outcomes, reasons };
}

/** What the run found when it compared itself with its source; null before that. */
export async function readComparison(database: Knex, runId: string): Promise<unknown> {
  const [row] = await queryRows<{ summary: unknown }>(
    database,
    `select summary from migration_runs where id = ?`,
    [runId],
  );
  return row?.summary ?? null;
}

export type ExceptionRow = MigrationException & { id: string; sortValue: string };

/** One page of rows that somebody should look at, by kind and id, plus one row when there is more. */
export async function listExceptions(
  database: Knex,
  runId: string,
  { code, limit }: ListExceptionsQuery,
  position: PagePosition | null,
): Promise<ExceptionRow[]> {
  const [entity = null, sourceId = null] = position?.value.split('/') ?? [];
  return queryRows(
    database,
    `select entity, source_id::text as "sourceId", outcome, code, message, warnings, run_id as id,
       case when entity = 'service' and outcome = 'migrated' then
         (select s.id from servers s where s.id = target_id and s.deleted_at is null) end as "serverId",
       entity || '/' || source_id as "sortValue"
     from migration_items
     where run_id = ? and ${
       code === undefined
         ? `(outcome = 'quarantined' or (outcome = 'migrated' and warnings <> '{}'))`
         : `(code = ? or (outcome = 'migrated' and ? = any(warnings)))`
     }
       and (?::text is null or (entity, source_id) > (?::text, ?::bigint))
     order by entity, source_id limit ?`,
    [runId, ...(code === undefined ? [] : [code, code]), entity, entity, sourceId, limit + 1],
  );
}
