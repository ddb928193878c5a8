import type { Knex } from 'knex';
import { queryRows } from '../../db/query-rows.ts';

const nameOf = (runId: string) => `migration run ${runId}`;

/**
 * Taken by everything that writes a page of a run. What ends the run waits for the pages under way, and a worker that was
 * thought dead finds afterwards that its run is over.
 */
export async function sharePages(trx: Knex.Transaction, runId: string): Promise<void> {
  await queryRows(trx, 'select pg_advisory_xact_lock_shared(hashtext(?))', [nameOf(runId)]);
}

/** Waits until no page of the run is being written, and lets none begin before the transaction ends. */
export async function endPages(trx: Knex.Transaction, runId: string): Promise<void> {
  await queryRows(trx, 'select pg_advisory_xact_lock(hashtext(?))', [nameOf(runId)]);
}
