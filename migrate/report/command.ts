import { open, rm } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommanderError, Option, type Command } from 'commander';
import type { Database } from '../../db/connect.ts';
import { findRun } from './find-run.ts';
import { inSnapshot } from './read-rows.ts';
import { readSummary } from './read-summary.ts';
import { reportCsv } from './report-csv.ts';
import { reportHtml } from './report-html.ts';
import { reportJson } from './report-json.ts';
import { reportText } from './report-text.ts';

export interface ReportDeps {
  withDatabase: <T>(work: (database: Database) => Promise<T>) => Promise<T>;
  /** Where the report goes without --out. */
  stdout?: NodeJS.WritableStream;
}

type Format = 'text' | 'json' | 'csv' | 'html';
type Writer = (database: Database, runId: string, out: Writable) => Promise<void>;

const WRITERS: Record<Format, Writer> = {
  json: reportJson,
  csv: reportCsv,
  html: reportHtml,
  text: async (database, runId, out) => {
    const text = await inSnapshot(database, async (trx) =>
      reportText(await findRun(trx, runId), await readSummary(trx, runId)),
    );
    await pipeline(Readable.from([`${text}\n`]), out);
  },
};

/** Adds `report` to the program. Throws `RunNotFound` when there is no such run. */
export function reportCommand(program: Command, { withDatabase, stdout = process.stdout }: ReportDeps): void {
  const formats: Format[] = ['text', 'json', 'csv', 'html'];
  program
    .command('report')
    .description('show what a run did, or a dry run would do: counts, reasons, money, VMs')
    .argument('[run]', 'the id of the run, the beginning of it, or latest', 'latest')
    .addOption(
      new Option('--format <format>', 'text for a terminal, csv for the rows to look at')
        .choices(formats)
        .default('text'),
    )
    .option('--out <file>', 'write to a file, readable by you only; never overwrites')
    .action(async (wanted: string, options: { format: Format; out?: string }) => {
      await withDatabase(async (database) => {
        const { id } = await findRun(database, wanted);
        const write = (out: Writable) => WRITERS[options.format](database, id, out);
        if (options.out === undefined) await write(toStdout(stdout)).catch(ignoreClosedPipe);
        else await writeFile(options.out, write);
      });
    });
}

/** Passes on to a stream that stays open, no faster than that takes it. */
function toStdout(stdout: NodeJS.WritableStream): Writable {
  let failure: Error | undefined;
  let done: ((err?: Error) => void) | undefined;
  const goOn = () => {
    const waiting = done;
    done = undefined;
    waiting?.(failure);
  };
  stdout.on('error', (err: Error) => {
    failure = err;
    goOn();
  });
  stdout.on('drain', goOn);
  return new Writable({
    write: (chunk: Buffer, _encoding, callback) => {
      if (failure) return callback(failure);
      if (stdout.write(chunk)) return callback();
      done = callback;
    },
  });
}

/** A reader such as head has seen enough. */
function ignoreClosedPipe(err: NodeJS.ErrnoException): void {
  if (err.code !== 'EPIPE') throw err;
}

async function writeFile(file: string, write: (out: Writable) => Promise<void>): Promise<void> {
  // It holds names and addresses of customers.
  const handle = await open(file, 'wx', 0o600).catch((err: NodeJS.ErrnoException) => {
    const why =
      err.code === 'EEXIST'
        ? 'exists already and is left as it is'
        : `cannot be written (${err.code ?? 'unknown'})`;
    throw new CommanderError(2, 'berth.file', `${file} ${why}`);
  });
  try {
    await write(handle.createWriteStream());
  } catch (err) {
    await rm(file, { force: true });
    throw err;
  }
}
