import { endPages } from './run-lock.ts';
import type { Database } from '../../db/connect.ts';
import { MigrationRun, type RunStatus } from '../../db/models/migration-run.ts';

export const LIVE: RunStatus[] = ['pending', 'running', 'paused'];
/** Nothing keeps the run from going on. */
export const NO_CAUSE = { causeCode: null, causeMessage: null };

/** The last word on a run. Hashes of passwords are loaded or of no more use. */
export async function endRun(
  database: Database,
  runId: string,
  status: 'succeeded' | 'cancelled',
): Promise<void> {
  await database.transaction(async (trx) => {
    await endPages(trx, runId);
    await trx('migration_passwords').where({ runId }).delete();
    await MigrationRun.query(trx)
      .findById(runId)
      .whereIn('status', LIVE)
      .patch({
        status,
        finishedAt: new Date(),
        ...(status === 'succeeded' ? { phase: 'done' as const, ...NO_CAUSE } : {}),
      });
  });
}
