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
  await withSource(flags, env, (source, sourceUrl) =>
    context.withDatabase(async (database) => {
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
      try {
        const prefix = context.settings().BERTH_QUEUE_PREFIX;
        await context.withTemporal((client) => startRun(client, created, prefix));
      } catch (err) {
        // Nothing has begun, and a run that nobody drives would be in the way of the next.
        await created
          .$query(database)
          .patch({ status: 'failed', finishedAt: new Date(), causeCode: 'temporal_away' });
        throw err;
      }
      if (!flags.json)
        console.error(`Run ${created.id}${created.dryRun ? ' (dry run)' : ''} of ${created.source}`);
      if (flags.detach) {
        console.log(flags.json ? JSON.stringify({ runId: created.id }) : created.id);
        return;
      }
      await followAndTell(context, created.id, flags.json);
    }),
  );
}

/** Follows a run to its end, or until Ctrl-C; sets the exit code. */
export async function followAndTell(context: CommandContext, runId: string, json: boolean): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    await context.withDatabase(async (database) => {
      const progress = await followRun({ database, runId, signal: stop.signal, out: process.stderr });
      process.exitCode = exitCodeFor(progress, stop.signal.aborted);
      if (json) console.log(JSON.stringify(progress, null, 2));
      else console.log(lastWord(progress));
    });
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function exitCodeFor(progress: RunProgress, isDetached: boolean): number {
  if (progress.status === 'succeeded') return EXIT.ok;
  if (progress.status === 'failed' || progress.status === 'cancelled') return EXIT.failed;
  if (isStuck(progress)) return EXIT.paused;
  return isDetached ? EXIT.detached : EXIT.ok;
}

function lastWord(progress: RunProgress): string {
  const { runId, status, dryRun, cause } = progress;
  const short = runId.slice(0, 8);
  const again = (command: string) => `npm run migrate -- ${command}`;
  if (status === 'succeeded') {
    const what = dryRun ? 'Nothing was changed.' : 'What it added can be undone with rollback.';
    return `Done. ${what} Next: ${again(`report ${short}`)}`;
  }
  if (status === 'cancelled')
    return `Cancelled. What was written stays; ${again(`rollback ${short}`)} removes it.`;
  if (status === 'failed') return `Failed: ${cause?.message ?? 'see the Temporal UI'}`;
  if (isStuck(progress)) {
    const why = cause ? `${cause.code}: ${cause.message}` : 'as somebody asked';
    return `Paused, ${why}\nGo on with: ${again(`resume ${short}`)}`;
  }
  return `The run goes on without you. Come back with: ${again(`attach ${short}`)}`;
}
