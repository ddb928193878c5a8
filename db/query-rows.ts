import { createHash } from 'node:crypto';
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

/**
 * The same for SQL that runs often and exists in few variants: PostgreSQL parses and plans it once per connection.
 * A number that decides the plan (a limit) belongs into the text, not among the bindings.
 */
export async function queryRowsPrepared<T>(
  database: Knex,
  sql: string,
  bindings: readonly Knex.RawBinding[] = [],
): Promise<T[]> {
  const name = createHash('sha256').update(sql).digest('base64url');
  const result: { rows: T[] } = await database.raw(sql, bindings).options({ name });
  return result.rows;
}
