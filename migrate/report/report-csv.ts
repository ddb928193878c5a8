import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Knex } from 'knex';
import type { Database } from '../../db/connect.ts';
import { findRun } from './find-run.ts';
import { inSnapshot, readRows } from './read-rows.ts';
import { EXCEPTIONS, type ExceptionRow } from './report-items.ts';

const COLUMNS = ['entity', 'sourceId', 'outcome', 'code', 'message', 'warnings'] as const;

/** Writes the rows that somebody should look at: quarantined ones, and migrated ones with warnings. */
export async function reportCsv(database: Database, runId: string, out: Writable): Promise<void> {
  await inSnapshot(database, async (trx) => pipeline(Readable.from(lines(trx, runId)), out));
}

async function* lines(trx: Knex.Transaction, runId: string): AsyncGenerator<string> {
  const run = await findRun(trx, runId);
  yield toLine([...COLUMNS]);
  for await (const row of readRows<ExceptionRow>(trx, EXCEPTIONS, run.id)) {
    const { entity, sourceId, outcome, code, message, warnings } = row;
    yield toLine([entity, sourceId, outcome, code ?? '', message ?? '', warnings.join(' ')]);
  }
}

/** As RFC 4180 has it. */
export function toLine(cells: string[]): string {
  return `${cells.map(toCell).join(',')}\r\n`;
}

/** What spreadsheets take for a formula, also after blanks or in full width, is made text by an apostrophe. */
const FORMULA = /^\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

function toCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n;\t]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
