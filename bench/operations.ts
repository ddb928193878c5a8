import { setTimeout as delay } from 'node:timers/promises';
import { LIVE_STATUSES } from '../contract/operations.ts';
import type { Database } from '../db/connect.ts';
import { Operation } from '../db/models/operation.ts';

/** Waits until these operations are over and returns them; throws when one takes longer than `timeoutMs`. */
export async function settledOperations(
  database: Database,
  ids: string[],
  { timeoutMs = 120_000, everyMs = 50 } = {},
): Promise<Operation[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const live = await Operation.query(database).findByIds(ids).whereIn('status', LIVE_STATUSES).resultSize();
    if (live === 0) return Operation.query(database).findByIds(ids).orderBy('finishedAt');
    if (Date.now() > deadline) throw new Error(`${live} of ${ids.length} operations are not over in time`);
    await delay(everyMs);
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
