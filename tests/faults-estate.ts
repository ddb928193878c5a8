import type { Knex } from 'knex';
import { beginRun, migrateAll, type RunWish } from './migrate-estate.ts';
import { readContent } from './migrated-content.ts';
import { connectTemporal, startWorkers, type TestTemporal } from './stack.ts';
import { until } from './until.ts';
import { createWhmcsEstate, type ProviderOptions, type WhmcsEstate } from './whmcs-estate.ts';
import { MigrationRun, type RunStatus } from '../db/models/migration-run.ts';
import { queryRows } from '../db/query-rows.ts';
import { cancelRun, type Steering } from '../migrate/steer-run.ts';

/** What became of a row, in words that are the same in every run. */
export interface ItemLine {
  entity: 'user' | 'client' | 'service';
  sourceId: number;
  outcome: string;
  code: string | null;
  message: string | null;
  /** Of a migrated service. */
  clientId: number | null;
  line: string;
}

/** A place for things to go wrong in: a provider, workers that write few rows at a time, and a run nothing happened to. */
export interface FaultsEstate {
  estate: WhmcsEstate;
  temporal: TestTemporal;
  undisturbed: { content: { hash: string; rows: number }; items: ItemLine[] };
  /** A Berth that knows nobody, and the source as it was generated. */
  reset(): Promise<void>;
  /** Undone before the next test; answers the rows of the last statement. */
  alterSource(...statements: string[]): Promise<Record<string, unknown>[]>;
  begin(wish?: RunWish): Promise<Steering>;
  untilStatus(steering: Steering, ...statuses: RunStatus[]): Promise<MigrationRun>;
  content(): Promise<{ hash: string; rows: number }>;
  items(runId: string): Promise<ItemLine[]>;
  count(table: string): Promise<number>;
  /** Lets a run get as far as this row and no further until released; `when` is SQL on `new`. */
  holdRow(table: string, when: string): Promise<{ reached(): Promise<void>; release(): Promise<void> }>;
  /** More of them, beside those that run. */
  startWorkers(): Promise<{ stop(): Promise<void> }>;
  stopWorkers(): Promise<void>;
  restartWorkers(): Promise<void>;
  close(): Promise<void>;
}

export const PAGE_SIZE = 25;
const LOCK = 4_711;
/** What a run goes on from by itself. */
const PASSING = new Set(['source_unreachable', 'cluster_unreachable']);

/** Whether a run may come to another state from this one; a wait that is in vain ends with the cause. */
function canLeave({ status, causeCode }: MigrationRun, wanted: RunStatus[]): boolean {
  if (status === 'pending' || status === 'running') return true;
  return status === 'paused' && (wanted.includes('cancelled') || PASSING.has(causeCode ?? ''));
}

/** `rangeSize`: where ranges are to run beside each other, in workflows of their own. */
export async function createFaultsEstate(
  provider: ProviderOptions,
  { rangeSize }: { rangeSize?: number } = {},
): Promise<FaultsEstate> {
  const [estate, temporal] = await Promise.all([createWhmcsEstate(provider), connectTemporal()]);
  const { database } = estate;
  const start = () =>
    startWorkers(estate.deps, temporal.queuePrefix, {
      migrationSizes: { pageSize: PAGE_SIZE, ...(rangeSize ? { rangeSize } : {}) },
    });
  let workers = await start();
  let isAltered = false;
  let held: Knex.Transaction | undefined;
  const releaseHeld = async () => {
    await held?.commit();
    held = undefined;
    await database.raw('drop function if exists hold_row cascade');
  };

  const items = (runId: string) =>
    queryRows<ItemLine>(
      database,
      `select entity, source_id::int as "sourceId", outcome, code, message,
         (fields ->> 'clientId')::int as "clientId",
         concat_ws(' ', entity, source_id, outcome, code, message, warnings::text, content_hash, fields_hash, amount,
           binding::text, target_id) as line
       from migration_items where run_id = ? order by entity, source_id`,
      [runId],
    );
  const empty = () =>
    database.raw(`truncate migration_runs, migration_items, migration_vms, migration_passwords, provenance, users, accounts, servers cascade;
      delete from secrets where purpose = 'migration-source'`);

  const first = await migrateAll(estate, temporal);
  const undisturbed = { content: await readContent(database), items: await items(first.id) };
  return {
    estate,
    temporal,
    undisturbed,
    async reset() {
      await releaseHeld();
      for (const { faults } of Object.values(estate.simulators)) faults.clear();
      const live = await MigrationRun.query(database).whereIn('status', ['pending', 'running', 'paused']);
      // What a failed test has left.
      for (const { id: runId } of live) {
        await cancelRun({ database, client: temporal.client, runId });
        await until(async () => (await MigrationRun.query(database).findById(runId))?.status === 'cancelled');
      }
      await empty();
      if (isAltered) {
        await estate.alterSource('ALTER USER whmcs_reader ACCOUNT UNLOCK');
        await estate.regenerate(provider);
      }
      isAltered = false;
    },
    async alterSource(...statements) {
      isAltered = true;
      return estate.alterSource(...statements);
    },
    async begin(wish) {
      const { id: runId } = await beginRun(estate, temporal, wish);
      return { database, client: temporal.client, runId };
    },
    async untilStatus({ runId }, ...statuses) {
      let run: MigrationRun | undefined;
      await until(async () => {
        run = await MigrationRun.query(database).findById(runId).throwIfNotFound();
        if (!statuses.includes(run.status) && !canLeave(run, statuses)) {
          throw new Error(`${run.phase} ${run.status}: ${run.causeCode}: ${run.causeMessage}`);
        }
        return statuses.includes(run.status);
      });
      return run as MigrationRun;
    },
    content: () => readContent(database),
    items,
    async count(table) {
      const [row] = await queryRows<{ rows: number }>(database, `select count(*)::int as rows from ${table}`);
      return row?.rows ?? 0;
    },
    async holdRow(table, when) {
      const trx = await database.transaction();
      held = trx;
      await trx.raw('select pg_advisory_xact_lock(?)', [LOCK]);
      await database.raw(`
        create function hold_row() returns trigger language plpgsql as
          $$ begin perform pg_advisory_xact_lock(${LOCK}); return new; end $$;
        create trigger hold_row before insert on ${table} for each row when (${when}) execute function hold_row()`);
      return {
        reached: () =>
          until(async () => {
            const waiting = await queryRows(
              database,
              `select 1 from pg_locks where locktype = 'advisory' and objid = ${LOCK} and not granted
                 and database = (select oid from pg_database where datname = current_database())`,
            );
            return waiting.length > 0;
          }),
        release: releaseHeld,
      };
    },
    startWorkers: start,
    stopWorkers: () => workers.stop(),
    async restartWorkers() {
      workers = await start();
    },
    async close() {
      await workers.stop();
      await temporal.close();
      await estate.close();
    },
  };
}
