import { setTimeout as delay } from 'node:timers/promises';
import { LIVE_STATUSES } from '../contract/operations.ts';
import type { Database } from '../db/connect.ts';
import { Operation } from '../db/models/operation.ts';
import { queryRows } from '../db/query-rows.ts';

/** Waits until these operations are over and returns them; throws when one takes longer than `timeoutMs`. PostgreSQL may be away meanwhile. */
export async function settledOperations(
  database: Database,
  ids: string[],
  { timeoutMs = 120_000, everyMs = 50 } = {},
): Promise<Operation[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const operations = () => Operation.query(database).findByIds(ids);
    const live = await patiently(() => operations().whereIn('status', LIVE_STATUSES).resultSize());
    if (live === 0) return operations().orderBy('finishedAt');
    if (Date.now() > deadline) throw new Error(`${live} of ${ids.length} operations are not over in time`);
    await delay(everyMs);
  }
}

/** Reads again, at most for half a minute, while PostgreSQL is being started again. */
export async function patiently<T>(read: () => PromiseLike<T>): Promise<T> {
  for (let left = 120; ; left -= 1) {
    try {
      return await read();
    } catch (err) {
      if (left === 0) throw err;
      await delay(250);
    }
  }
}

/** Waits until all of these operations are at a step, at most for `timeoutMs`; returns how many are. */
export async function countAt(
  database: Database,
  ids: string[],
  step: string,
  timeoutMs: number,
): Promise<number> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const there = await Operation.query(database)
      .findByIds(ids)
      .where({ step, status: 'running' })
      .resultSize();
    if (there === ids.length || Date.now() > deadline) return there;
    await delay(100);
  }
}

/** How many operations copy a template, and how many wait in line for that. */
export async function countCopies(database: Database): Promise<{ copying: number; inLine: number }> {
  const [counts] = await queryRows<{ copying: number; inLine: number }>(
    database,
    `select count(granted_at)::int as copying, (count(*) - count(granted_at))::int as "inLine"
     from slots where step = 'clone' and released_at is null`,
  );
  return counts ?? { copying: 0, inLine: 0 };
}
