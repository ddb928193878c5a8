import type { Knex } from 'knex';
import type { Database } from '../../db/connect.ts';
import { queryRows } from '../../db/query-rows.ts';

const ROWS_PER_FETCH = 1_000;

/** Runs `work` on one unchanging view of the database, so that sums and lists agree while a run goes on. */
export async function inSnapshot<T>(
  database: Database,
  work: (trx: Knex.Transaction) => Promise<T>,
): Promise<T> {
  return database.transaction(work, { isolationLevel: 'repeatable read', readOnly: true });
}

/** Rows of a query about one run however many, a thousand in memory at a time. */
export async function* readRows<T>(trx: Knex.Transaction, sql: string, runId: string): AsyncGenerator<T> {
  await trx.raw(`declare report_rows no scroll cursor for ${sql}`, { runId });
  for (;;) {
    const rows = await queryRows<T>(trx, `fetch ${ROWS_PER_FETCH} from report_rows`);
    yield* rows;
    if (rows.length < ROWS_PER_FETCH) break;
  }
  await trx.raw('close report_rows');
}
