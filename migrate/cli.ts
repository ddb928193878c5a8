import { readFile, writeFile } from 'node:fs/promises';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { describeExplanation, explainService } from './explain-service.ts';
import { draftMapping } from './draft-mapping.ts';
import { describeInspection } from './describe-inspection.ts';
import { inspectSource } from './inspect-source.ts';
import { connectSource, findWriteGrants, type Source } from './legacy/connect-source.ts';
import { SourceError } from './legacy/source-error.ts';
import { MappingError, parseMapping, type Mapping } from './mapping.ts';
import { readSourceUrl, SourceMissing, type SourceOptions } from './source-url.ts';
import { withRunningBerth } from '../db/running-berth.ts';

/** What the shell learns; part of the command's interface. */
const EXIT = { ok: 0, failed: 1, usage: 2, source: 3, mapping: 4, notFound: 5 } as const;

const EXIT_HELP = `
Exit codes:
  0  done
  1  failed for an unexpected reason
  2  wrong options, or no source named
  3  the source cannot be read
  4  the mapping file cannot be used
  5  there is no such service
`;

class NotFound extends Error {
  override name = 'NotFound';
}

const program = new Command('berth-migrate')
  .description('Moves servers and customers from WHMCS to Berth. The source is only ever read.')
  .addHelpText('after', EXIT_HELP)
  .exitOverride();

function withSourceOptions(command: Command): Command {
  return command
    .option(
      '--source <url>',
      'mysql://user:password@host:3306/database; other users of this machine may see it',
    )
    .option(
      '--source-file <file>',
      'a file that holds that URL (else WHMCS_DATABASE_URL, WHMCS_DATABASE_URL_FILE, else the one of a running `npm start`)',
    )
    .option('--json', 'print JSON', false);
}

withSourceOptions(program.command('inspect'))
  .description('look at the source: counts, products, names of options and fields, problems')
  .option('--write-mapping <file>', 'write a draft of the mapping file, for review; never overwrites')
  .action(async (options: SourceOptions & { json: boolean; writeMapping?: string }) => {
    await withSource(options, async (source) => {
      const inspection = await inspectSource(source);
      if (options.writeMapping) await writeNew(options.writeMapping, draftMapping(inspection));
      console.log(options.json ? JSON.stringify(inspection, null, 2) : describeInspection(inspection));
      if (options.writeMapping)
        console.error(`Draft written to ${options.writeMapping}. Review every line of it.`);
    });
  });

withSourceOptions(program.command('explain'))
  .description('show for one service every input, the rule that used it, and the result or the reason')
  .argument('<service>', 'the id in tblhosting', wholeNumber)
  .requiredOption('--mapping <file>', 'the mapping file')
  .action(async (id: number, options: SourceOptions & { json: boolean; mapping: string }) => {
    const mapping = await readMapping(options.mapping);
    await withSource(options, async (source) => {
      const explanation = await explainService(source, mapping, id);
      if (!explanation) throw new NotFound(`there is no service ${id} in ${source.label}`);
      console.log(options.json ? JSON.stringify(explanation, null, 2) : describeExplanation(explanation));
    });
  });

function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('a whole number is needed');
  return Number(text);
}

async function withSource(options: SourceOptions, work: (source: Source) => Promise<void>): Promise<void> {
  const source = await connectSource(await readSourceUrl(options, withRunningBerth(process.env)));
  try {
    const grants = await findWriteGrants(source);
    if (grants.length > 0) {
      const list = grants.join(', ');
      console.error(
        `Warning: this login could change the source (${list}). Berth will not, but one with SELECT only is safer.`,
      );
    }
    await work(source);
  } finally {
    await source.close();
  }
}

async function readMapping(file: string): Promise<Mapping> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (err) {
    const remedy = 'inspect --write-mapping FILE drafts one';
    throw new MappingError(file, [
      { line: 1, column: 1, message: `cannot be read (${codeOf(err)}): ${remedy}` },
    ]);
  }
  return parseMapping(text, file);
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (err) {
    if (codeOf(err) !== 'EEXIST') throw err;
    throw new CommanderError(EXIT.usage, 'berth.exists', `${file} exists already and is left as it is`);
  }
}

function codeOf(err: unknown): string {
  return (err as { code?: string }).code ?? 'unknown';
}

function exitCodeOf(err: unknown): number {
  if (err instanceof CommanderError) return err.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (err instanceof SourceMissing) return EXIT.usage;
  if (err instanceof SourceError) return EXIT.source;
  if (err instanceof MappingError) return EXIT.mapping;
  return err instanceof NotFound ? EXIT.notFound : EXIT.failed;
}

try {
  await program.parseAsync();
} catch (err) {
  process.exitCode = exitCodeOf(err);
  // Commander has said its own already.
  const isSaid = err instanceof CommanderError && err.code.startsWith('commander.');
  if (!isSaid) console.error(err instanceof Error ? err.message : String(err));
}
