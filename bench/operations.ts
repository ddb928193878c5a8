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

/** Waits until all of these operations are at a step. */
export async function untilAllAt(
  database: Database,
  ids: string[],
  step: string,
  timeoutMs = 120_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const there = await Operation.query(database)
      .findByIds(ids)
      .where({ step, status: 'running' })
      .resultSize();
    if (there === ids.length) return;
    if (Date.now() > deadline) throw new Error(`only ${there} of ${ids.length} operations reached ${step}`);
    await delay(100);
  }
}
