import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Knex } from 'knex';
import type { Database } from '../../db/connect.ts';
import { findRun } from './find-run.ts';
import { inSnapshot, readRows } from './read-rows.ts';
import { ALL_VMS, readSummary, type VmLine } from './read-summary.ts';
import { ALL_ITEMS, toTarget, type ItemRow } from './report-items.ts';

/** Writes the whole run as one JSON document, a row of the source per line. */
export async function reportJson(database: Database, runId: string, out: Writable): Promise<void> {
  await inSnapshot(database, async (trx) => pipeline(Readable.from(document(trx, runId)), out));
}

async function* document(trx: Knex.Transaction, runId: string): AsyncGenerator<string> {
  const run = await findRun(trx, runId);
  const summary = await readSummary(trx, run.id);
  yield `{"run":${JSON.stringify(run)},\n"summary":${JSON.stringify(summary)},\n"items":`;
  yield* array(readRows<ItemRow>(trx, ALL_ITEMS, run.id), toItem);
  yield ',\n"vms":';
  yield* array(readRows<VmLine>(trx, ALL_VMS, run.id), (vm) => vm);
  yield '}\n';
}

function toItem(row: ItemRow): object {
  const { entity, sourceId, outcome, code, message, warnings, change } = row;
  return {
    entity,
    sourceId: Number(sourceId),
    outcome,
    code,
    message,
    warnings,
    change,
    target: toTarget(row),
  };
}

async function* array<T>(rows: AsyncIterable<T>, shape: (row: T) => object): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const row of rows) {
    yield `${separator}${JSON.stringify(shape(row))}`;
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]' : '\n]';
}
