import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { PHASE_WORDS, readProgress, type RunProgress } from './follow-run.ts';
import { followAndTell } from './run-commands.ts';
import { wholeNumber } from './source-commands.ts';
import { findRun } from '../report/find-run.ts';
import { RunRefused } from '../run-refused.ts';
import { startRun } from '../start-run.ts';
import type { Database } from '../../db/connect.ts';
import { MigrationRun, type RunOptions } from '../../db/models/migration-run.ts';
import { migrationWorkflowId } from '../../contract/temporal.ts';

/** `status`, `attach`, `pause`, `resume` and `cancel`. */
export function steerCommands(program: Command, context: CommandContext): void {
  const add = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .argument('[run]', 'the id of the run, the beginning of it, or latest', 'latest')
      .option('--json', 'print JSON', false);

  add('status', 'show where a run stands').action((wanted: string, { json }: { json: boolean }) =>
    context.withDatabase(async (database) => {
      const progress = await readProgress(database, (await findRun(database, wanted)).id);
      console.log(json ? JSON.stringify(progress, null, 2) : describe(progress));
    }),
  );

  add('attach', 'follow a run that goes on').action(async (wanted: string, { json }: { json: boolean }) => {
    const { id } = await context.withDatabase((database) => findRun(database, wanted));
    await followAndTell(context, id, json);
  });

  add('pause', 'let a run stop after its page; nothing is lost').action(
    (wanted: string, { json }: { json: boolean }) =>
      steer(context, wanted, async (database, client, run) => {
        await run.$query(database).patch({ pauseRequested: true });
        await wake(client, run.id);
        say(json, run.id, `Run ${run.id} pauses after the pages it is at.`);
      }),
  );

  add('resume', 'let a paused run go on where it was')
    .option('--max-errors <n>', 'pause after so many rows that cannot be read', wholeNumber)
    .option('--max-quarantined <n>', 'pause after so many quarantined rows', wholeNumber)
    .option('--detach', 'return at once')
    .action((wanted: string, flags: ResumeFlags) => resume(context, wanted, flags));

  add('cancel', 'end a run for good; what it has written stays until rollback').action(
    (wanted: string, { json }: { json: boolean }) =>
      steer(context, wanted, async (database, client, run) => {
        try {
          await client.workflow.getHandle(migrationWorkflowId(run.id)).cancel();
        } catch (err) {
          if (!(err instanceof WorkflowNotFoundError)) throw err;
          await run.$query(database).patch({ status: 'cancelled', finishedAt: new Date() });
        }
        say(json, run.id, `Run ${run.id} is being cancelled.`);
      }),
  );
}

type ResumeFlags = RunOptions & { json: boolean; detach?: boolean };

async function resume(context: CommandContext, wanted: string, flags: ResumeFlags): Promise<void> {
  const { maxErrors, maxQuarantined } = flags;
  const id = await steer(context, wanted, async (database, client, run) => {
    const options = {
      ...run.options,
      ...(maxErrors === undefined ? {} : { maxErrors }),
      ...(maxQuarantined === undefined ? {} : { maxQuarantined }),
    };
    await run
      .$query(database)
      .patch({ pauseRequested: false, options, status: 'running', causeCode: null, causeMessage: null });
    // A run whose workflow Temporal has lost begins again at its phase.
    await startRun(client, run, context.settings().BERTH_QUEUE_PREFIX);
    await wake(client, run.id);
    return run.id;
  });
  if (flags.detach) return say(flags.json, id, `Run ${id} goes on.`);
  if (!flags.json) console.error(`Run ${id} goes on.`);
  await followAndTell(context, id, flags.json);
}

function say(json: boolean, runId: string, text: string): void {
  console.log(json ? JSON.stringify({ runId }) : text);
}

async function steer<T>(
  context: CommandContext,
  wanted: string,
  work: (database: Database, client: Client, run: MigrationRun) => Promise<T>,
): Promise<T> {
  return context.withDatabase(async (database) => {
    const { id } = await findRun(database, wanted);
    const run = await MigrationRun.query(database).findById(id).throwIfNotFound();
    if (!['pending', 'running', 'paused'].includes(run.status)) {
      throw new RunRefused('run_over', `run ${id} is over: ${run.status.replace('_', ' ')}`);
    }
    return context.withTemporal((client) => work(database, client, run));
  });
}

/** A run whose workflow Temporal has lost reads its state from PostgreSQL when it is resumed. */
async function wake(client: Client, runId: string): Promise<void> {
  try {
    await client.workflow.getHandle(migrationWorkflowId(runId)).signal('wake');
  } catch (err) {
    if (!(err instanceof WorkflowNotFoundError)) throw err;
  }
}

function describe({ runId, source, dryRun, status, phase, cause, done, total }: RunProgress): string {
  const percent = total > 0 ? ` (${Math.floor((100 * done) / total)} %)` : '';
  return [
    `Run ${runId}${dryRun ? ' (dry run)' : ''} of ${source}`,
    `${status.replace('_', ' ')}, ${PHASE_WORDS[phase]}, ${done} of ${total} rows${percent}`,
    ...(cause ? [`${cause.code}: ${cause.message}`] : []),
  ].join('\n');
}
