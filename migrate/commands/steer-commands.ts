import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { PHASE_WORDS, readProgress, type RunProgress } from './follow-run.ts';
import { followAndTell } from './run-commands.ts';
import { wholeNumber } from './source-commands.ts';
import { findRun } from '../report/find-run.ts';
import { cancelRun, pauseRun, requireLive, resumeRun, type Steering } from '../steer-run.ts';
import type { RunOptions } from '../../db/models/migration-run.ts';

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
      steer(context, wanted, async (steering) => {
        const { runId } = steering;
        const isPaused = (await pauseRun(steering)) === 'paused';
        const what = isPaused ? 'is paused, and stays so until resume' : 'pauses after the pages it is at';
        say(json, runId, `Run ${runId} ${what}.`);
      }),
  );

  add('resume', 'let a paused run go on where it was')
    .option('--max-errors <n>', 'pause after so many rows that cannot be read', wholeNumber)
    .option('--max-quarantined <n>', 'pause after so many quarantined rows', wholeNumber)
    .option('--detach', 'return at once')
    .action((wanted: string, flags: ResumeFlags) => resume(context, wanted, flags));

  add('cancel', 'end a run for good; what it has written stays until rollback').action(
    (wanted: string, { json }: { json: boolean }) =>
      steer(context, wanted, async (steering) => {
        await cancelRun(steering);
        say(json, steering.runId, `Run ${steering.runId} is being cancelled.`);
      }),
  );
}

type ResumeFlags = RunOptions & { json: boolean; detach?: boolean };

async function resume(context: CommandContext, wanted: string, flags: ResumeFlags): Promise<void> {
  const { maxErrors, maxQuarantined } = flags;
  const options = {
    ...(maxErrors === undefined ? {} : { maxErrors }),
    ...(maxQuarantined === undefined ? {} : { maxQuarantined }),
  };
  const id = await steer(context, wanted, async (steering) => {
    await resumeRun(steering, { options, queuePrefix: context.settings().BERTH_QUEUE_PREFIX });
    return steering.runId;
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
  work: (steering: Steering) => Promise<T>,
): Promise<T> {
  return context.withDatabase(async (database) => {
    const { id: runId } = await findRun(database, wanted);
    // Said before Temporal is asked for.
    await requireLive(database, runId);
    return context.withTemporal((client) => work({ database, client, runId }));
  });
}

function describe({ runId, source, dryRun, status, phase, cause, done, total }: RunProgress): string {
  const percent = total > 0 ? ` (${Math.floor((100 * done) / total)} %)` : '';
  return [
    `Run ${runId}${dryRun ? ' (dry run)' : ''} of ${source}`,
    `${status.replace('_', ' ')}, ${PHASE_WORDS[phase]}, ${done} of ${total} rows${percent}`,
    ...(cause ? [`${cause.code}: ${cause.message}`] : []),
  ].join('\n');
}
