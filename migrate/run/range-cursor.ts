import type { Knex } from 'knex';
import type { RangeInput } from './deps.ts';
import { LIVE, NO_CAUSE } from './end-run.ts';
import { standstill } from './failures.ts';
import { sharePages } from './run-lock.ts';
import { queryRows } from '../../db/query-rows.ts';
import { MigrationRun } from '../../db/models/migration-run.ts';

export type RangeState = 'done' | 'paused';

/** The cursor of a range, locked, so that a worker thought dead and its successor cannot both write a page. */
export interface RangeCursor {
  upToId: number;
  cursorId: number;
  done: boolean;
}

export async function lockRange(trx: Knex.Transaction, range: RangeInput): Promise<RangeCursor> {
  const { runId, stage, entity, afterId } = range;
  await sharePages(trx, runId);
  const run = await MigrationRun.query(trx).findById(runId).select('status').throwIfNotFound();
  if (!LIVE.includes(run.status)) throw standstill('run_over', `the run is ${run.status}`);
  const [row] = await queryRows<{ upToId: string; cursorId: string; done: boolean }>(
    trx,
    `select up_to_id as "upToId", cursor_id as "cursorId", done from migration_ranges
     where run_id = ? and stage = ? and entity = ? and after_id = ? for update`,
    [runId, stage, entity, afterId],
  );
  if (!row) throw standstill('range_missing', 'the run has been prepared anew meanwhile');
  return { upToId: Number(row.upToId), cursorId: Number(row.cursorId), done: row.done };
}

/**
 * Moves the cursor. A crash of PostgreSQL may undo pages of the last moments, cursor and rows together, and they are done
 * again; the last page of a range is safe, with all before it, since nobody comes back to a range that is done.
 */
export async function moveRange(
  trx: Knex.Transaction,
  { runId, stage, entity, afterId }: RangeInput,
  to: { cursorId: number; done: boolean } & RangeCounts,
): Promise<void> {
  const { cursorId, rows, quarantined, unreadable, done } = to;
  if (!done) await trx.raw('set local synchronous_commit = off');
  await trx.raw(
    `update migration_ranges set cursor_id = ?, rows = rows + ?, quarantined = quarantined + ?,
       unreadable = unreadable + ?, done = ?
     where run_id = ? and stage = ? and entity = ? and after_id = ?`,
    [cursorId, rows, quarantined, unreadable, done, runId, stage, entity, afterId],
  );
  await MigrationRun.query(trx)
    .findById(runId)
    .where({ status: 'running' })
    .whereNotNull('causeCode')
    .patch(NO_CAUSE);
}

export interface RangeCounts {
  rows: number;
  quarantined: number;
  unreadable: number;
}

/** True once somebody asked the run to pause. */
export async function isPauseWanted(database: Knex, runId: string): Promise<boolean> {
  const run = await MigrationRun.query(database).findById(runId).select('pauseRequested').throwIfNotFound();
  return run.pauseRequested;
}
