import { withEstate, type BenchEstate } from './estate.ts';
import { percentile, printRatio, printTable } from './numbers.ts';
import { settledOperations } from './operations.ts';
import { findLeaks } from '../tests/oracle.ts';

/** Orders a thousand servers at once from one api and one worker process, and checks what became of them. */
const COUNT = Number(process.env['COUNT'] ?? 1_000);
const SPEED = Number(process.env['SPEED'] ?? 0);
const TIMEOUT_MS = 20 * 60_000;

await withEstate({ speed: SPEED }, async (estate) => {
  const startedAt = Date.now();
  const accepted = await Promise.all(
    Array.from({ length: COUNT }, (_, index) => estate.order(`storm-${index}`)),
  );
  const orderedMs = Date.now() - startedAt;
  const ids = accepted.map(({ operation }) => operation.id);
  const progress = setInterval(() => void showProgress(estate), 10_000);
  const operations = await settledOperations(estate.database, ids, {
    timeoutMs: TIMEOUT_MS,
    everyMs: 500,
  }).finally(() => clearInterval(progress));

  const succeeded = operations.filter(({ status }) => status === 'succeeded');
  const tookMs = operations.map(
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
  if (leaks.length > 0 || succeeded.length < COUNT) process.exitCode = 1;
  printRatio(succeeded.length / COUNT, `1.000 with 0 duplicates and leaks; ${leaks.length} found`);
});

async function showProgress({ database }: BenchEstate): Promise<void> {
  const { rows } = await database.raw<{ rows: { at: string; count: string }[] }>(
    `select case when status = 'running' then coalesce(step, 'claimed') else status end as at, count(*)
     from operations group by 1 order by 1`,
  );
  console.error(rows.map(({ at, count }) => `${at} ${count}`).join(', '));
}
