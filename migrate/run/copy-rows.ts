import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Knex } from 'knex';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

export type Cell = string | number | boolean | null | undefined | string[] | { json: unknown };

/**
 * Writes rows by COPY, in `trx`, each made into cells when its turn comes. Text PostgreSQL cannot hold (NUL, half a
 * surrogate pair) is left out.
 */
export async function copyRows<Row>(
  trx: Knex.Transaction,
  table: string,
  columns: readonly string[],
  rows: readonly Row[],
  toCells: (row: Row) => Cell[],
): Promise<void> {
  if (rows.length === 0) return;
  // Of a transaction this is the one connection that it runs on.
  const connection = (await (trx.client as Knex.Client).acquireConnection()) as Client;
  const stream = connection.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`));
  await pipeline(Readable.from(chunks(rows, toCells)), stream);
}

const CHUNK = 64 * 1024;

function* chunks<Row>(rows: readonly Row[], toCells: (row: Row) => Cell[]): Generator<string> {
  let text = '';
  for (const row of rows) {
    text += `${toCells(row).map(toText).join('\t')}\n`;
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  yield text;
}

function toText(cell: Cell): string {
  if (cell === null || cell === undefined) return String.raw`\N`;
  if (typeof cell === 'string') return escape(cell);
  if (typeof cell !== 'object') return String(cell);
  if (Array.isArray(cell)) return cell.length === 0 ? '{}' : escape(`{${cell.map(quote).join(',')}}`);
  // Of what has to be escaped JSON knows the backslash only.
  const json = toJson(cell.json);
  return json.includes('\\') ? json.replaceAll('\\', String.raw`\\`) : json;
}

const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

/** JSON as jsonb takes it: it knows neither NUL nor half a surrogate pair, not even written as an escape. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes('\\u') || !/\\u(?:0000|d[89a-f])/.test(text)) return text;
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'string' ? inner.replaceAll('\0', '').toWellFormed() : inner,
  );
}

const ESCAPES: Record<string, string> = {
  '\\': String.raw`\\`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
  '\0': '',
};

const SPECIAL = /[\\\n\r\t\0]/;

function escape(text: string): string {
  const whole = text.toWellFormed();
  return SPECIAL.test(whole)
    ? whole.replaceAll(/[\\\n\r\t\0]/g, (character) => ESCAPES[character] ?? '')
    : whole;
}
