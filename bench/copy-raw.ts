import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from, to } from 'pg-copy-streams';
import type { MigrationEstate } from './migration-estate.ts';

/** What a migration writes, without what it needs on the way. */
const TABLES = [
  'users',
  'accounts',
  'memberships',
  'account_billing',
  'servers',
  'server_billing',
  'vmid_leases',
  'server_addresses',
  'provenance',
];

/**
 * Copies the result of a migration by COPY, table after table, into empty tables with the same columns, indexes and
 * checks; foreign keys and triggers are the only things left out. Only the way in is timed.
 */
export async function copyRaw({
  databaseUrl,
  folder,
}: MigrationEstate): Promise<{ ms: number; rows: number }> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('drop schema if exists raw_copy cascade; create schema raw_copy');
    let [ms, rows] = [0, 0];
    for (const table of TABLES) {
      const file = join(folder, `${table}.copy`);
      await pipeline(client.query(to(`copy public.${table} to stdout`)), createWriteStream(file));
      await client.query(`create table raw_copy.${table} (like public.${table} including all)`);
      const startedAt = performance.now();
      const stream = client.query(from(`copy raw_copy.${table} from stdin`));
      await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), stream);
      ms += performance.now() - startedAt;
      rows += stream.rowCount ?? 0;
    }
    await client.query('drop schema raw_copy cascade');
    return { ms, rows };
  } finally {
    await client.end();
  }
}
