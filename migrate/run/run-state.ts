import type { MigrationDeps, RunInput } from './deps.ts';
import type { RunCause } from './failures.ts';
import type { SourceAccess } from './source-access.ts';
import { MigrationRun, type RunPhase, type RunStatus } from '../../db/models/migration-run.ts';
import type { Entity } from './deps.ts';

const LIVE: RunStatus[] = ['pending', 'running', 'paused'];

export interface BegunRun {
  source: string;
  dryRun: boolean;
  phase: RunPhase;
}

/** The activities that record where a run stands. */
export function createRunState({ database }: MigrationDeps, sources: SourceAccess) {
  return {
    /** Takes the run up where it stands; null when it is over. */
    async beginRun({ runId }: RunInput): Promise<BegunRun | null> {
      await MigrationRun.query(database)
        .findById(runId)
        .whereIn('status', LIVE)
        .patch({ status: 'running', causeCode: null, causeMessage: null });
      await MigrationRun.query(database)
        .findById(runId)
        .whereNull('startedAt')
        .patch({ startedAt: new Date() });
      const run = await MigrationRun.query(database).findById(runId).whereIn('status', LIVE);
      return run ? { source: run.source, dryRun: run.dryRun, phase: run.phase } : null;
    },

    async enterPhase({ runId, phase }: RunInput & { phase: RunPhase }): Promise<void> {
      await MigrationRun.query(database).findById(runId).whereIn('status', LIVE).patch({ phase });
    },

    /** The ranges of a stage that are not done yet, in order. */
    async listRanges({
      runId,
      stage,
      entity,
    }: RunInput & { stage: 'read' | 'load'; entity: Entity }): Promise<number[]> {
      const ids: string[] = await database('migration_ranges')
        .where({ runId, stage, entity, done: false })
        .orderBy('after_id')
        .pluck('after_id');
      return ids.map(Number);
    },

    /** Shows why the run stands still; `null` when somebody asked for it. */
    async pauseRun({ runId, cause }: RunInput & { cause: RunCause | null }): Promise<void> {
      await MigrationRun.query(database)
        .findById(runId)
        .whereIn('status', LIVE)
        .patch({
          status: 'paused',
          causeCode: cause?.code ?? null,
          causeMessage: cause?.message ?? null,
        });
      // A pause may last; the connection is opened again when it is needed.
      await sources.release(runId);
    },

    /** Goes on, unless somebody wants the run to stay paused. */
    async leavePause({ runId }: RunInput): Promise<{ isPaused: boolean }> {
      const gone = await MigrationRun.query(database)
        .findById(runId)
        .whereIn('status', LIVE)
        .where('pauseRequested', false)
        .patch({ status: 'running', causeCode: null, causeMessage: null });
      return { isPaused: gone === 0 };
    },

    /** The last word on a run. Hashes of passwords are loaded or of no more use. */
    async finishRun({ runId, status }: RunInput & { status: 'succeeded' | 'cancelled' }): Promise<void> {
      await database.transaction(async (trx) => {
        await trx('migration_items')
          .where({ runId })
          .whereNotNull('passwordHash')
          .update({ passwordHash: null });
        await MigrationRun.query(trx)
          .findById(runId)
          .whereIn('status', LIVE)
          .patch({
            status,
            finishedAt: new Date(),
            ...(status === 'succeeded' ? { phase: 'done' as const } : {}),
          });
      });
      await sources.release(runId);
    },
  };
}
