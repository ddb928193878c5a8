import type { MigrationDeps, RunInput } from './deps.ts';
import { endRun, LIVE, NO_CAUSE } from './end-run.ts';
import type { RunCause } from './failures.ts';
import { isPauseWanted } from './range-cursor.ts';
import type { SourceAccess } from './source-access.ts';
import { MigrationRun, type RunPhase } from '../../db/models/migration-run.ts';
import type { Entity } from './deps.ts';

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
        .patch({ status: 'running', ...NO_CAUSE });
      await MigrationRun.query(database)
        .findById(runId)
        .whereNull('startedAt')
        .patch({ startedAt: new Date() });
      const run = await MigrationRun.query(database).findById(runId).whereIn('status', LIVE);
      return run ? { source: run.source, dryRun: run.dryRun, phase: run.phase } : null;
    },

    async enterPhase({ runId, phase }: RunInput & { phase: RunPhase }): Promise<{ isPauseWanted: boolean }> {
      await MigrationRun.query(database)
        .findById(runId)
        .whereIn('status', LIVE)
        .patch({ phase, ...NO_CAUSE });
      return { isPauseWanted: await isPauseWanted(database, runId) };
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

    /** Shows why the run stands still; `null` when somebody asked for it and has not asked it to go on since. */
    async pauseRun({ runId, cause }: RunInput & { cause: RunCause | null }): Promise<void> {
      await MigrationRun.query(database)
        .findById(runId)
        .whereIn('status', LIVE)
        .where(cause ? {} : { pauseRequested: true })
        .patch({
          status: 'paused',
          causeCode: cause?.code ?? null,
          causeMessage: cause?.message ?? null,
        });
      // A pause may last; the connection is opened again when it is needed.
      await sources.release(runId);
    },

    /**
     * Goes on when `resume` has said so, or by itself when the cause may have passed and nobody asked for the pause. The
     * cause is shown until something got through.
     */
    async leavePause({
      runId,
      isPassing,
    }: RunInput & { isPassing: boolean }): Promise<{ isPaused: boolean }> {
      if (isPassing) {
        await MigrationRun.query(database)
          .findById(runId)
          .where({ status: 'paused', pauseRequested: false })
          .patch({ status: 'running' });
      }
      const run = await MigrationRun.query(database).findById(runId).select('status').throwIfNotFound();
      return { isPaused: run.status === 'paused' };
    },

    async finishRun({ runId, status }: RunInput & { status: 'succeeded' | 'cancelled' }): Promise<void> {
      await endRun(database, runId, status);
      await sources.release(runId);
    },
  };
}
