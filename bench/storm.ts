import { setTimeout as delay } from 'node:timers/promises';
import { LIVE_STATUSES } from '../contract/operations.ts';
import type { Accepted } from '../contract/servers.ts';
import { Operation } from '../db/models/operation.ts';
import { Server } from '../db/models/server.ts';
import { withEstate, type BenchEstate } from './estate.ts';
import { percentile, printRatio, printTable } from './numbers.ts';
import { settledOperations } from './operations.ts';
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
  const progress = setInterval(() => void showProgress(estate), 10_000);
  const operations = await settledOperations(estate.database, ids, {
    timeoutMs: TIMEOUT_MS,
    everyMs: 500,
  }).finally(() => clearInterval(progress));

  const { actions, cancelled } = await disturbance;
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
        `${operations.filter(({ status }) => status === 'cancelled').length} of ${cancelled.size} asked for`,
      ],
      ['actions', `${acted.filter(({ status }) => status === 'succeeded').length} of ${actions.length}`],
      ['kills', String(KILLS)],
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

/** Cancels, acts and kills until all orders have ended; answers the ids of the actions and of the orders to be cancelled. */
async function disturb(
  estate: BenchEstate,
  orders: string[],
): Promise<{ actions: string[]; cancelled: Set<string> }> {
  const { database } = estate;
  const cancelled = new Set<string>();
  const actions: string[] = [];
  const touched = new Set<string>();
  const victims = Array.from({ length: KILLS }, (_, index): 'worker' | 'api' =>
    index % 2 === 0 ? 'worker' : 'api',
  );
  for (;;) {
    const live = await Operation.query(database).findByIds(orders).whereIn('status', LIVE_STATUSES);
    if (live.length === 0) return { actions, cancelled };
    const done = 1 - live.length / orders.length;
    if (victims.length > 0 && done > (KILLS - victims.length + Math.random()) / KILLS) {
      const victim = victims.shift() ?? 'worker';
      console.error(`kills ${victim} when ${Math.round(done * 100)} % have ended`);
      estate.kill(victim);
    }
    if (cancelled.size < orders.length / ONE_IN) {
      const order = live[Math.floor(Math.random() * live.length)];
      if (order && (await accepted(() => estate.call('POST', `/operations/${order.id}/cancel`))))
        cancelled.add(order.id);
    }
    if (actions.length < orders.length / ONE_IN) {
      const server = await Server.query(database)
        .where({ lifecycle: 'active' })
        .whereNotIn('id', [...touched])
        .first();
      if (server) touched.add(server.id);
      const action = ['stop', 'reboot', 'reset'][actions.length % 3];
      const answer =
        server &&
        (await accepted(() => estate.call<Accepted>('POST', `/servers/${server.id}/actions`, { action })));
      if (answer) actions.push(answer.operation.id);
    }
    await delay(50);
  }
}

/** Null when it was refused, which a cancel may be, or nobody answered, as while the api is being started again. */
async function accepted<T>(send: () => Promise<T>): Promise<T | null> {
  return send().catch(() => null);
}

async function showProgress({ database }: BenchEstate): Promise<void> {
  const { rows } = await database.raw<{ rows: { at: string; count: string }[] }>(
    `select case when status = 'running' then coalesce(step, 'claimed') else status end as at, count(*)
     from operations group by 1 order by 1`,
  );
  console.error(rows.map(({ at, count }) => `${at} ${count}`).join(', '));
}
