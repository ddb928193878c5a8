import { cancellationSignal } from '@temporalio/activity';
import type { Knex } from 'knex';
import { ENTITIES, type Entity, type MigrationDeps, type RangeInput, type RunInput } from './deps.ts';
import { LOADS } from './load-statements.ts';
import { isPauseWanted, lockRange, moveRange, type RangeState } from './range-cursor.ts';
import { MigrationRun } from '../../db/models/migration-run.ts';
import { queryRows } from '../../db/query-rows.ts';

interface Page {
  runId: string;
  source: string;
  entity: Entity;
  after: number;
  upTo: number;
}

/** A row that PostgreSQL refused, or whose account did not come along. */
interface Refusal {
  entity: Entity;
  sourceId: number;
  code: 'load_refused' | 'client_not_migrated';
  message: string;
}

/** Rows per transaction. All is done by PostgreSQL, so that a page costs the worker nothing. */
const PAGE = 5_000;

export function createLoadRange({ database, pageSize = PAGE }: MigrationDeps) {
  /** Writes a range of one entity into Berth's own tables, a page per transaction, from where the cursor stands. */
  return async function loadRange(range: RangeInput): Promise<RangeState> {
    const { runId, entity } = range;
    const { source } = await MigrationRun.query(database).findById(runId).throwIfNotFound();
    for (;;) {
      cancellationSignal().throwIfAborted();
      if (await isPauseWanted(database, runId)) return 'paused';
      const isDone = await database.transaction(async (trx) => {
        const cursor = await lockRange(trx, range);
        if (cursor.done) return true;
        const page = await nextPage(
          trx,
          { runId, source, entity, after: cursor.cursorId },
          cursor.upToId,
          pageSize,
        );
        await recordRefusals(trx, runId, await loadPage(trx, page));
        const done = page.upTo >= cursor.upToId;
        await moveRange(trx, range, {
          cursorId: page.upTo,
          rows: page.rows,
          quarantined: 0,
          unreadable: 0,
          done,
        });
        return done;
      });
      if (isDone) return 'done';
    }
  };
}

/** Thrown to undo everything a dry run has written. */
class DryRunOver extends Error {}

export function createLoadDry({ database, pageSize = PAGE }: MigrationDeps) {
  /**
   * The dry run's load: the same statements over the same pages in one transaction, undone at the end. What was refused
   * is kept, since the real run would refuse it too.
   */
  return async function loadDry({ runId }: RunInput): Promise<void> {
    const { source } = await MigrationRun.query(database).findById(runId).throwIfNotFound();
    const ranges = await database('migration_ranges').where({ runId, stage: 'load' }).orderBy('after_id');
    const refusals: Refusal[] = [];
    const load = async (trx: Knex.Transaction) => {
      for (const entity of ENTITIES) {
        for (const range of ranges.filter((one) => one.entity === entity)) {
          let after = Number(range.afterId);
          const upTo = Number(range.upToId);
          while (after < upTo) {
            cancellationSignal().throwIfAborted();
            const page = await nextPage(trx, { runId, source, entity, after }, upTo, pageSize);
            const refused = await loadPage(trx, page);
            // What follows from it must be seen in here as well.
            await recordRefusals(trx, runId, refused);
            refusals.push(...refused);
            after = page.upTo;
          }
          await database('migration_ranges')
            .where({ runId, stage: 'load', entity, afterId: range.afterId })
            .update({
              done: true,
              rows: database.raw(
                '(select rows from migration_ranges r where r.run_id = ? and r.stage = ? and r.entity = ? and r.after_id = ?)',
                [runId, 'read', entity, range.afterId],
              ),
            });
        }
      }
      throw new DryRunOver();
    };
    await database.transaction(load).catch((err: unknown) => {
      if (!(err instanceof DryRunOver)) throw err;
    });
    await database.transaction((trx) => recordRefusals(trx, runId, refusals));
  };
}

async function nextPage(
  trx: Knex.Transaction,
  start: Omit<Page, 'upTo'>,
  upToId: number,
  limit: number,
): Promise<Page & { rows: number }> {
  const { runId, entity, after } = start;
  const [found] = await queryRows<{ rows: number; last: string | null }>(
    trx,
    `select count(*)::int as rows, max(source_id) as last from (select source_id from migration_items
     where run_id = ? and entity = ? and source_id > ? and source_id <= ? order by source_id limit ${limit}) p`,
    [runId, entity, after, upToId],
  );
  const rows = found?.rows ?? 0;
  return { ...start, rows, upTo: rows < limit ? upToId : Number(found?.last) };
}

/** SQLSTATE classes that say a value cannot be stored, as opposed to a server that is away or full. */
const REFUSES_VALUE = /^2[23]/;

/**
 * Writes a page; a row that PostgreSQL refuses is found by halving, undone, and answered with the reason. A page that is new
 * is taken for one that nothing is in the way of, until PostgreSQL says otherwise.
 */
async function loadPage(trx: Knex.Transaction, page: Page, isFirst = true): Promise<Refusal[]> {
  try {
    return await trx.transaction(async (savepoint) => {
      const { page: sql, old, all } = LOADS[page.entity];
      await savepoint.raw(`set local berth.quiet = 'on'`);
      await savepoint.raw(sql, page as never);
      const orphans = page.entity === 'service' ? await takeOrphans(savepoint) : [];
      const [found] = await queryRows(savepoint, 'select from page where not is_new limit 1');
      const statements =
        found || !isFirst ? [...old, ...all.map((parts) => parts.join(' '))] : all.map(([plain]) => plain);
      for (const statement of statements) await savepoint.raw(statement, page as never);
      await savepoint.raw('drop table page');
      return orphans;
    });
  } catch (err) {
    // Errors of pg have these.
    const { code = '', constraint, column } = err as { code?: string; constraint?: string; column?: string };
    if (!REFUSES_VALUE.test(code)) throw err;
    if (isFirst) return loadPage(trx, page, false);
    const { runId, entity, after, upTo } = page;
    const ids = await trx('migration_items')
      .where({ runId, entity, outcome: 'migrated' })
      .where('sourceId', '>', after)
      .where('sourceId', '<=', upTo)
      .orderBy('sourceId')
      .pluck('source_id');
    if (ids.length <= 1) {
      const message = `PostgreSQL refuses it: ${constraint ?? column ?? code}`;
      return [{ entity, sourceId: Number(ids[0]), code: 'load_refused', message }];
    }
    const middle = Number(ids[Math.floor(ids.length / 2) - 1]);
    const first = await loadPage(trx, { ...page, upTo: middle }, false);
    return [...first, ...(await loadPage(trx, { ...page, after: middle }, false))];
  }
}

/** Takes the services out of the page whose account was refused. */
async function takeOrphans(trx: Knex.Transaction): Promise<Refusal[]> {
  const rows = await queryRows<{ sourceId: string; clientId: string }>(
    trx,
    `delete from page where account_id is null returning source_id as "sourceId", "clientId"`,
  );
  return rows.map(({ sourceId, clientId }) => ({
    entity: 'service',
    sourceId: Number(sourceId),
    code: 'client_not_migrated',
    message: `client ${clientId} is not migrated`,
  }));
}

async function recordRefusals(trx: Knex.Transaction, runId: string, refusals: Refusal[]): Promise<void> {
  for (const { entity, sourceId, code, message } of refusals) {
    await trx('migration_items')
      .where({ runId, entity, sourceId })
      .update({ outcome: 'quarantined', code, message, change: null, targetId: null });
  }
}
