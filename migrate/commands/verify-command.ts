import { CommanderError, type Command } from 'commander';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit.ts';
import { readGiven, wholeNumber, withSource, withSourceOptions } from './source-commands.ts';
import { alignColumns } from '../align-columns.ts';
import { findRun } from '../report/find-run.ts';
import type { SourceOptions } from '../source-url.ts';
import { verifyRun, type Verification } from '../verify.ts';
import { parseMapping } from '../mapping.ts';
import { MigrationRun } from '../../db/models/migration-run.ts';

interface VerifyFlags extends SourceOptions {
  json: boolean;
  samples: number;
  logins?: string;
}

/** `verify`: looks at source and target anew, whoever wrote what. */
export function verifyCommand(program: Command, context: CommandContext, env: NodeJS.ProcessEnv): void {
  withSourceOptions(program.command('verify'))
    .description('compare Berth with the source: counts, sums, samples field by field, logins, VMs')
    .argument('[run]', 'the id of the run, the beginning of it, or the latest that was not dry', 'latest')
    .option('--samples <n>', 'how many services to read again and compare', wholeNumber, 50)
    .option('--logins <file>', 'lines of e-mail:password that must be able to log in; never printed')
    .action(async (wanted: string, flags: VerifyFlags) => {
      const logins = flags.logins ? parseLogins(await readGiven(flags.logins), flags.logins) : [];
      await withSource(flags, env, (source) =>
        context.withDatabase(async (database) => {
          const { id } = await findRun(database, wanted, { preferReal: true });
          const run = await MigrationRun.query(database).findById(id).throwIfNotFound();
          const mapping = parseMapping(run.mapping);
          const result = await verifyRun({ database, source, mapping, run, samples: flags.samples, logins });
          console.log(flags.json ? JSON.stringify(result, null, 2) : describe(result, run));
          if (!result.isEqual) process.exitCode = EXIT.different;
        }),
      );
    });
}

function parseLogins(text: string, file: string): { email: string; password: string }[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return [];
    const at = line.indexOf(':');
    if (at > 0) return [{ email: line.slice(0, at).trim(), password: line.slice(at + 1) }];
    throw new CommanderError(EXIT.usage, 'berth.logins', `${file}:${index + 1}: is not e-mail:password`);
  });
}

function describe({ checks, notes, isEqual }: Verification, run: MigrationRun): string {
  const lines = checks.map(({ name, compared, problems }) => [
    problems.length === 0 ? 'equal' : 'DIFFERS',
    name,
    `${compared} compared`,
    problems.length === 0 ? '' : `${problems.length} differ`,
  ]);
  const details = checks.flatMap(({ name, problems }) =>
    problems.slice(0, 20).map((line) => `  ${name}: ${line}`),
  );
  const word = isEqual ? 'Berth and the source agree.' : 'Berth and the source differ:';
  const looks = notes.map((note) => `  ${note}`);
  const about = looks.length > 0 ? ['', 'To look at (report lists them):', ...looks] : [];
  const head = `${run.dryRun ? 'Dry run' : 'Run'} ${run.id} of ${run.source}`;
  return [head, alignColumns(lines), '', word, ...details, ...about].join('\n');
}
