import type { Knex } from 'knex';
import { queryRows } from './query-rows.ts';

/** What PostgreSQL's clock shows. What is compared with other times in the database goes by it: a process's own may be wrong. */
export async function databaseTime(database: Knex): Promise<Date> {
  const [row] = await queryRows<{ now: Date }>(database, 'select clock_timestamp() as now');
  if (!row) throw new Error('PostgreSQL did not tell the time');
  return row.now;
}
