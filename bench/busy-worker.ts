import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from '../db/models/cluster.ts';
import { queryRows } from '../db/query-rows.ts';
import { keepCalls, nodeOf } from './call-log.ts';
import { withEstate, type BenchEstate } from './estate.ts';
import { percentile, printRatio, printTable } from './numbers.ts';
import { countAt, countCopies, settledOperations } from './operations.ts';
import { readCpu, readMemory } from './process-usage.ts';

/**
 * What a worker costs while it has many operations under way, half of them waiting in line for a copy and half for a copy's end,
 * and what it costs with none.
 */
const LIVE = Number(process.env['LIVE'] ?? 1_000);
const SECONDS = Number(process.env['SECONDS'] ?? 60);
const NODES = 3;
const GET_THERE_MS = 15 * 60_000;
/** Longer than it takes to get all of them waiting, and to measure. */
const SLOW_CLONE_MS = 60 * 60_000;
/** In which what led to a state has faded out. */
const SETTLE_MS = 10_000;
const SAMPLE_MS = 1_000;

interface Cost {
  /** Of the worker. */
  memoryMib: number;
  heapMib: number;
  /** Processor seconds per second. */
  worker: number;
  postgres: number;
  temporal: number;
  /** How late timers of the worker were; its clock looks every 10 ms. */
  heldUpP99Ms: number;
  heldUpMs: number;
  /** Per second. */
  heartbeats: number;
  activities: number;
  requests: number;
  transactions: number;
  /** To the node that got most, per second. */
  calls: number;
}

/** Only what adds up is told per operation. */
const ROWS: [title: string, of: keyof Cost, digits: number, adds?: 'adds'][] = [
  ['worker: memory, MiB', 'memoryMib', 0, 'adds'],
  ['worker: heap in use, MiB', 'heapMib', 0, 'adds'],
  ['worker: CPU s/s', 'worker', 3, 'adds'],
  ['worker: held up p99, ms', 'heldUpP99Ms', 0],
  ['worker: held up at most, ms', 'heldUpMs', 0],
  ['PostgreSQL: CPU s/s', 'postgres', 3, 'adds'],
  ['PostgreSQL: transactions/s', 'transactions', 1, 'adds'],
  ['Temporal: CPU s/s', 'temporal', 3, 'adds'],
  ['Temporal: requests/s', 'requests', 1, 'adds'],
  ['of these heartbeats', 'heartbeats', 1, 'adds'],
  ['of these ends of activities', 'activities', 1, 'adds'],
  ['Proxmox: calls/s to the busiest node', 'calls', 2],
];

await withEstate({ speed: 1 }, async (estate) => {
  // So that nothing is done for the first time while it is measured.
  const { operation } = await estate.order('first');
  await settledOperations(estate.database, [operation.id]);
  const idle = await costOver(estate);
  const held = await hold(estate);
  const busy = await costOver(estate);
  console.log(
    `over ${SECONDS} s each: none, then ${held.inLine} in line for a copy and ${held.copying} waiting for one to end; ` +
      `load average ${loadavg()[0]?.toFixed(1)}`,
  );
  printTable(
    ['', 'idle', `${LIVE} live`, 'more per 1,000'],
    ROWS.map(([title, of, digits, adds]) => [
      title,
      idle[of].toFixed(digits),
      busy[of].toFixed(digits),
      adds ? (((busy[of] - idle[of]) / LIVE) * 1_000).toFixed(digits) : '',
    ]),
  );
  printRatio(busy.memoryMib / idle.memoryMib, `none; memory of the worker with ${LIVE} live ÷ idle`);
  printRatio(busy.worker / idle.worker, `none; processor time of the worker with ${LIVE} live ÷ idle`);
});

/** Orders servers whose copies do not end, so many at once that half of the orders stay in line; answers how many are where. */
async function hold(estate: BenchEstate): Promise<{ copying: number; inLine: number }> {
  const { database, simulator } = estate;
  await Cluster.query(database).patch({ copiesPerStorage: Math.max(1, Math.round(LIVE / 2 / NODES)) });
  simulator.faults.add({ action: 'slowTask', ms: SLOW_CLONE_MS, path: '/clone$', count: LIVE });
  const accepted = await Promise.all(
    Array.from({ length: LIVE }, (_, index) => estate.order(`live-${index}`)),
  );
  const ids = accepted.map(({ operation }) => operation.id);
  // On a busy computer some get there late; those that wait are counted.
  await countAt(database, ids, 'clone', GET_THERE_MS);
  await delay(SETTLE_MS);
  return countCopies(database);
}

async function costOver(estate: BenchEstate): Promise<Cost> {
  await delay(SETTLE_MS);
  const calls = keepCalls(estate.simulator);
  const memory: number[] = [];
  const before = await readCounters(estate);
  while (Date.now() - before.at < SECONDS * 1_000) {
    await delay(SAMPLE_MS);
    memory.push(await readMemory(estate.pids().worker, 'VmRSS'));
  }
  const after = await readCounters(estate);
  const took = (after.at - before.at) / 1_000;
  calls.close();
  const perNode = Map.groupBy(
    calls.all.filter((call) => call.at >= before.at && call.at < after.at && nodeOf(call) !== ''),
    nodeOf,
  );
  const rate = (of: keyof typeof after.totals) => (after.totals[of] - before.totals[of]) / took;
  return {
    ...after.now,
    memoryMib: percentile(memory, 0.5),
    worker: rate('worker'),
    postgres: rate('postgres'),
    temporal: rate('temporal'),
    heartbeats: rate('heartbeats'),
    activities: rate('activities'),
    requests: rate('requests'),
    transactions: rate('transactions'),
    calls: Math.max(0, ...[...perNode.values()].map(({ length }) => length)) / took,
  };
}

/** What only grows, and what the worker tells of itself since it was last asked. */
async function readCounters(estate: BenchEstate) {
  const { database, metricsUrls } = estate;
  const { worker, postgres, temporal } = estate.pids();
  const at = Date.now();
  const [ofWorker, ofTemporal, counted, ...cpu] = await Promise.all([
    readMetrics(metricsUrls.worker),
    readMetrics(metricsUrls.temporal),
    queryRows<{ transactions: number }>(
      database,
      `select (xact_commit + xact_rollback)::float as transactions from pg_stat_database where datname = current_database()`,
    ),
    readCpu(worker),
    readCpu(postgres),
    readCpu(temporal),
  ]);
  const requests = (operation = '') =>
    ofTemporal(
      (line) =>
        line.startsWith('service_requests{') &&
        line.includes('service_name="frontend"') &&
        line.includes(`operation="${operation}`),
    );
  return {
    at,
    totals: {
      worker: cpu[0],
      postgres: cpu[1],
      temporal: cpu[2],
      heartbeats: requests('RecordActivityTaskHeartbeat"'),
      activities: requests('RespondActivityTaskCompleted"'),
      requests: requests(),
      transactions: counted[0]?.transactions ?? Number.NaN,
    },
    now: {
      heapMib: ofWorker((line) => line.startsWith('nodejs_heap_size_used_bytes ')) / 2 ** 20,
      heldUpP99Ms: ofWorker((line) => line.startsWith('nodejs_eventloop_lag_p99_seconds ')) * 1_000,
      heldUpMs: ofWorker((line) => line.startsWith('nodejs_eventloop_lag_max_seconds ')) * 1_000,
    },
  };
}

/** Reads numbers in Prometheus' text format; what is answered adds up those of the lines asked for. */
async function readMetrics(url: string): Promise<(wanted: (line: string) => boolean) => number> {
  const lines = (await (await fetch(url)).text()).split('\n');
  return (wanted) =>
    lines.filter(wanted).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
