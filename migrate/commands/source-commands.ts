import { readFile, writeFile } from 'node:fs/promises';
import { CommanderError, InvalidArgumentError, type Command } from 'commander';
import type { CommandContext } from './context.ts';
import { EXIT, NotFound } from './exit.ts';
import { describeExplanation, explainService, type FindVms, type LastOutcome } from '../explain-service.ts';
import { draftMapping } from '../draft-mapping.ts';
import { describeInspection } from '../describe-inspection.ts';
import { inspectSource } from '../inspect-source.ts';
import { connectSource, findWriteGrants, type Source } from '../legacy/connect-source.ts';
import { MappingError, parseMapping, type Mapping } from '../mapping.ts';
import { findInventory, findLastOutcome } from '../run/find-inventory.ts';
import { readSourceUrl, type SourceOptions } from '../source-url.ts';

export function withSourceOptions(command: Command): Command {
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

/** `inspect` and `explain`: what reads the source and changes nothing anywhere. */
export function sourceCommands(program: Command, context: CommandContext, env: NodeJS.ProcessEnv): void {
  withSourceOptions(program.command('inspect'))
    .description('look at the source: counts, products, names of options and fields, problems')
    .option('--write-mapping <file>', 'write a draft of the mapping file, for review; never overwrites')
    .action(async (options: SourceOptions & { json: boolean; writeMapping?: string }) => {
      await withSource(options, env, async (source) => {
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
      const { mapping } = await readMapping(options.mapping);
      const explain = (findVms?: FindVms, lastRun?: LastOutcome) =>
        withSource(options, env, async (source) => {
          const explanation = await explainService(source, mapping, id, { findVms });
          if (!explanation) throw new NotFound(`there is no service ${id} in ${source.label}`);
          const whole = { ...explanation, ...(lastRun ? { lastRun } : {}) };
          console.log(options.json ? JSON.stringify(whole, null, 2) : describeExplanation(whole));
        });
      if (!context.hasDatabase) return explain();
      await context.withDatabase(async (database) => {
        const findVms = await findInventory(database, mapping.source.id);
        if (!findVms) console.error('No run has read the clusters yet, so the VM is not looked for.');
        await explain(findVms, await findLastOutcome(database, mapping.source.id, id));
      });
    });
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('a whole number is needed');
  return Number(text);
}

export async function withSource<T>(
  options: SourceOptions,
  env: NodeJS.ProcessEnv,
  work: (source: Source, url: string) => Promise<T>,
): Promise<T> {
  const url = await readSourceUrl(options, env);
  const source = await connectSource(url);
  try {
    const grants = await findWriteGrants(source);
    if (grants.length > 0) {
      const list = grants.join(', ');
      console.error(
        `Warning: this login could change the source (${list}). Berth will not, but one with SELECT only is safer.`,
      );
    }
    return await work(source, url);
  } finally {
    await source.close();
  }
}

export async function readMapping(file: string): Promise<{ mapping: Mapping; text: string }> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (err) {
    const remedy = 'inspect --write-mapping FILE drafts one';
    throw new MappingError(file, [
      { line: 1, column: 1, message: `cannot be read (${codeOf(err)}): ${remedy}` },
    ]);
  }
  return { mapping: parseMapping(text, file), text };
}

/** Writes a file readable by its owner only; one that is there is left alone. */
export async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
  } catch (err) {
    const why =
      codeOf(err) === 'EEXIST' ? 'exists already and is left as it is' : `cannot be written (${codeOf(err)})`;
    throw new CommanderError(EXIT.usage, 'berth.file', `${file} ${why}`);
  }
}

function codeOf(err: unknown): string {
  return (err as { code?: string }).code ?? 'unknown';
}

/** The text of a file an option names. */
export async function readGiven(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (err) {
    throw new CommanderError(EXIT.usage, 'berth.file', `${file} cannot be read (${codeOf(err)})`);
  }
}
