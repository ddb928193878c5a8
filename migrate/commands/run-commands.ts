import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit.ts';
import { followRun, isStuck, type RunProgress } from './follow-run.ts';
import { readMapping, wholeNumber, withSource, withSourceOptions } from './source-commands.ts';
import { createRun, startRun } from '../start-run.ts';
import type { SourceOptions } from '../source-url.ts';

interface RunFlags extends SourceOptions {
  mapping: string;
  dryRun?: boolean;
  yesWithoutDryRun?: boolean;
  dryRunHours: number;
  maxErrors?: number;
  maxQuarantined?: number;
  detach?: boolean;
  json: boolean;
}

/** `run` and `plan`. */
export function runCommands(program: Command, context: CommandContext, env: NodeJS.ProcessEnv): void {
  const add = (name: string, description: string) =>
    withSourceOptions(program.command(name))
      .description(description)
      .requiredOption('--mapping <file>', 'the reviewed mapping file')
      .option('--max-errors <n>', 'pause after so many rows that cannot be read (50)', wholeNumber)
      .option('--max-quarantined <n>', 'pause after so many quarantined rows', wholeNumber)
      .option('--detach', 'start it and return at once');
  add('run', 'migrate; again, it brings over what has changed and nothing else')
    .option('--dry-run', 'do everything and undo it: exact numbers, nothing changed')
    .option('--yes-without-dry-run', 'migrate although no fresh dry run vouches for it')
    .option('--dry-run-hours <n>', 'how long a dry run vouches for', wholeNumber, 24)
    .action((flags: RunFlags) => run(context, env, flags));
  add('plan', 'the same as run --dry-run').action((flags: RunFlags) =>
    run(context, env, { ...flags, dryRun: true }),
  );
}

async function run(context: CommandContext, env: NodeJS.ProcessEnv, flags: RunFlags): Promise<void> {
  const { text } = await readMapping(flags.mapping);
  const secretBox = context.secretBox();
  const { BERTH_QUEUE_PREFIX: queuePrefix } = context.settings();
  let signal: AbortSignal | undefined;
  const runId = await withSource(flags, env, (source, sourceUrl) =>
    // Both must be there before a run is written down: it would be in the way of the next.
    context.withTemporal((client) =>
      context.withDatabase(async (database) => {
        // From here on Ctrl-C leaves a run behind that goes on, and should say so.
        if (!flags.detach) signal = onceInterrupted();
        const created = await createRun(database, secretBox, {
          sourceUrl,
          sourceLabel: source.label,
          mapping: text,
          dryRun: flags.dryRun ?? false,
          dryRunHours: flags.yesWithoutDryRun ? null : flags.dryRunHours,
          options: {
            ...(flags.maxErrors === undefined ? {} : { maxErrors: flags.maxErrors }),
            ...(flags.maxQuarantined === undefined ? {} : { maxQuarantined: flags.maxQuarantined }),
          },
        });
        await startRun(client, created, queuePrefix).catch(async (err: unknown) => {
          const causeMessage = 'Temporal did not take it up: run again';
          await created
            .$query(database)
            .patch({ status: 'failed', finishedAt: new Date(), causeCode: 'not_started', causeMessage });
          throw err;
        });
        if (!flags.json)
          console.error(`Run ${created.id}${created.dryRun ? ' (dry run)' : ''} of ${created.source}`);
        return created.id;
      }),
    ),
  );
  if (!flags.detach) return followAndTell(context, runId, flags.json, signal);
  console.log(flags.json ? JSON.stringify({ runId }) : runId);
}

/** Follows a run to its end, or until Ctrl-C; sets the exit code. */
export async function followAndTell(
  context: CommandContext,
  runId: string,
  json: boolean,
  signal: AbortSignal = onceInterrupted(),
): Promise<void> {
  await context.withDatabase(async (database) => {
    const progress = await followRun({ database, runId, signal, out: process.stderr });
    if (progress) {
      process.exitCode = exitCodeFor(progress);
      console.log(json ? JSON.stringify(progress, null, 2) : lastWord(progress));
    } else {
      process.exitCode = EXIT.detached;
      console.log(json ? JSON.stringify({ runId }) : goesOn(runId));
    }
  });
}

const IMPATIENT_MS = 1_000;

/**
 * Aborted by the first Ctrl-C, of which npm passes on a second copy. Pressed again after a second it ends the process.
 * Stays in force to the end, so that a late copy finds it.
 */
function onceInterrupted(): AbortSignal {
  const stop = new AbortController();
  let firstAt = Infinity;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (performance.now() - firstAt > IMPATIENT_MS) process.exit(EXIT.detached);
      firstAt = Math.min(firstAt, performance.now());
      stop.abort();
    });
  }
  return stop.signal;
}

function exitCodeFor(progress: RunProgress): number {
  if (progress.status === 'succeeded' || progress.status === 'rolled_back') return EXIT.ok;
  if (progress.status === 'failed' || progress.status === 'cancelled') return EXIT.failed;
  return isStuck(progress) ? EXIT.paused : EXIT.detached;
}

const again = (command: string, runId: string) => `npm run migrate -- ${command} ${runId.slice(0, 8)}`;
const goesOn = (runId: string) => `The run goes on without you. Come back with: ${again('attach', runId)}`;

function lastWord(progress: RunProgress): string {
  const { runId, status, dryRun, cause } = progress;
  switch (status) {
    case 'succeeded': {
      const what = dryRun ? 'Nothing was changed.' : 'What it added can be undone with rollback.';
      return `Done. ${what} Next: ${again('report', runId)}`;
    }
    case 'rolled_back':
      return 'Rolled back.';
    case 'cancelled':
      return dryRun
        ? 'Cancelled. Nothing was changed.'
        : `Cancelled. What was written stays; ${again('rollback', runId)} removes it.`;
    case 'failed':
      return `Failed: ${cause ? `${cause.code}: ${cause.message}` : 'see the Temporal UI'}`;
    case 'pending':
    case 'running':
    case 'paused':
      break;
  }
  if (!isStuck(progress)) return goesOn(runId);
  const why = cause ? `${cause.code}: ${cause.message}` : 'as somebody asked';
  return `Paused, ${why}\nGo on with: ${again('resume', runId)}`;
}
