import type { Knex } from 'knex';

/** Runs hand-written SQL (`?` placeholders) and answers its rows; columns are named in the SQL, `T` is the caller's word. */
export async function queryRows<T>(
  database: Knex,
  sql: string,
  bindings: readonly Knex.RawBinding[] = [],
): Promise<T[]> {
  const result = await database.raw<{ rows: T[] }>(sql, bindings);
  return result.rows;
}
