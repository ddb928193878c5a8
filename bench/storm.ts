import { setTimeout as delay } from 'node:timers/promises';
import { LIVE_STATUSES } from '../contract/operations.ts';
import { Operation } from '../db/models/operation.ts';
import { Server } from '../db/models/server.ts';
import { PARTS, withEstate, type BenchEstate } from './estate.ts';
import { percentile, printRatio, printTable } from './numbers.ts';
import { patiently, settledOperations } from './operations.ts';
import { findLeaks } from '../tests/oracle.ts';

/**
 * Orders a thousand servers at once from one api and one worker process, cancels some of the orders, acts on servers as they
 * come up, kills the processes meanwhile, and lets the oracle judge what became of all of it.
 */
const COUNT = Number(process.env['COUNT'] ?? 1_000);
const SPEED = Number(process.env['SPEED'] ?? 0);
const KILLS = Number(process.env['KILLS'] ?? 3);
/** One order in so many is cancelled, and one server in so many acted upon. */
const ONE_IN = 10;
const TIMEOUT_MS = 20 * 60_000;

await withEstate({ speed: SPEED }, async (estate) => {
  const startedAt = Date.now();
  const accepted = await Promise.all(
    Array.from({ length: COUNT }, (_, index) => estate.order(`storm-${index}`)),
  );
  const orderedMs = Date.now() - startedAt;
  const ids = accepted.map(({ operation }) => operation.id);
  const disturbance = disturb(estate, ids);
  const progress = setInterval(() => void showProgress(estate).catch(() => undefined), 10_000);
  const operations = await settledOperations(estate.database, ids, {
    timeoutMs: TIMEOUT_MS,
    everyMs: 500,
  }).finally(() => clearInterval(progress));

  const { actions, cancelled, killed } = await disturbance;
  const acted = await settledOperations(estate.database, actions, { timeoutMs: TIMEOUT_MS });
  const succeeded = operations.filter(({ status }) => status === 'succeeded');
  const tookMs = succeeded.map(
    ({ createdAt, finishedAt }) => (finishedAt ?? createdAt).getTime() - createdAt.getTime(),
  );
  const totalMs = Math.max(...operations.map(({ finishedAt }) => finishedAt?.getTime() ?? 0)) - startedAt;
  const leaks = await findLeaks(estate);
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  printTable(
    ['storm', ''],
    [
      ['ordered', `${COUNT} in ${seconds(orderedMs)}`],
      ['succeeded', `${succeeded.length} in ${seconds(totalMs)}`],
      [
        'cancelled',
        `${operations.filter(({ status }) => status === 'cancelled').length} of ${cancelled.size} tried`,
      ],
      ['actions', `${acted.filter(({ status }) => status === 'succeeded').length} of ${actions.length}`],
      ['kills', killed.join(', ')],
      ['servers per minute', (succeeded.length / (totalMs / 60_000)).toFixed(0)],
      ['from order to ready: median', seconds(percentile(tookMs, 0.5))],
      ['p95', seconds(percentile(tookMs, 0.95))],
      ['slowest', seconds(Math.max(...tookMs))],
      ['duplicates and leaks', String(leaks.length)],
    ],
  );
  for (const error of new Set(operations.map(({ errorMessage }) => errorMessage).filter(Boolean)))
    console.log(`failed: ${error}`);
  for (const leak of leaks.slice(0, 20)) console.log(`leak: ${leak}`);
  const lost = operations.filter(
    ({ id, status }) => status !== 'succeeded' && !(status === 'cancelled' && cancelled.has(id)),
  );
  const undone = acted.filter(({ status }) => status !== 'succeeded');
  for (const { type, errorMessage } of undone) console.log(`not done: ${type}: ${errorMessage}`);
  if (leaks.length + lost.length + undone.length > 0) process.exitCode = 1;
  printRatio(1 - lost.length / COUNT, `1.000 with 0 duplicates and leaks; ${leaks.length} found`);
});

/**
 * Cancels, acts and kills until all orders have ended. Answers the ids of the actions taken, and of the orders that somebody tried
 * to cancel: while parts are away the answer may be lost, and the order is cancelled or not.
 */
async function disturb(
  estate: BenchEstate,
  orders: string[],
): Promise<{ actions: string[]; cancelled: Set<string>; killed: string[] }> {
  const { database } = estate;
  const cancelled = new Set<string>();
  const touched = new Set<string>();
  const killed: string[] = [];
  const victims = shuffled(PARTS).slice(0, KILLS);
  for (;;) {
    const live = await patiently(() =>
      Operation.query(database).findByIds(orders).whereIn('status', LIVE_STATUSES),
    );
    if (live.length === 0) break;
    const done = 1 - live.length / orders.length;
    const victim = victims[killed.length];
    if (victim && done > (killed.length + Math.random()) / victims.length) {
      console.error(`kills ${victim} when ${Math.round(done * 100)} % have ended`);
      estate.kill(victim);
      killed.push(victim);
    }
    if (cancelled.size < orders.length / ONE_IN) {
      const order = live[Math.floor(Math.random() * live.length)];
      if (order) {
        cancelled.add(order.id);
        await estate.call('POST', `/operations/${order.id}/cancel`).catch(() => undefined);
      }
    }
    if (touched.size < orders.length / ONE_IN) {
      const server = await patiently(() =>
        Server.query(database)
          .where({ lifecycle: 'active' })
          .whereNotIn('id', [...touched])
          .first(),
      );
      if (server) {
        const action = ['stop', 'reboot', 'reset'][touched.size % 3];
        touched.add(server.id);
        await estate.call('POST', `/servers/${server.id}/actions`, { action }).catch(() => undefined);
      }
    }
    await delay(50);
  }
  // Also those whose answer was lost.
  const actions = await patiently(() => Operation.query(database).whereNot({ type: 'provision' }));
  return { actions: actions.map(({ id }) => id), cancelled, killed };
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

async function showProgress({ database }: BenchEstate): Promise<void> {
  const { rows } = await database.raw<{ rows: { at: string; count: string }[] }>(
    `select case when status = 'running' then coalesce(step, 'claimed') else status end as at, count(*)
     from operations group by 1 order by 1`,
  );
  console.error(rows.map(({ at, count }) => `${at} ${count}`).join(', '));
}
