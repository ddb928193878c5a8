import { setTimeout as delay } from 'node:timers/promises';
import { keepCalls, kindOf, nodeOf, type CallKind } from './call-log.ts';
import { withEstate, type BenchEstate } from './estate.ts';
import { printRatio, printTable } from './numbers.ts';
import { settledOperations, untilAllAt } from './operations.ts';

/** Counts Berth's calls to Proxmox while 1, 30 and 100 provisions wait: first for a clone, then for a guest's agent. */
const LOADS = (process.env['LOADS'] ?? '1,30,100').split(',').map(Number);
const WINDOW_MS = 20_000;
/** Longer than it takes to get all of them waiting, and the window after that. */
const SLOW_CLONE_MS = 60_000;
const KINDS: CallKind[] = ['task polls', 'agent pings', 'watcher', 'steps'];

type Rates = Record<CallKind, number>;

await withEstate({ speed: 1 }, async (estate) => {
  const rows: string[][] = [];
  const pollRates: number[] = [];
  for (const load of LOADS) {
    for (const [phase, rates] of await measure(estate, load)) {
      rows.push([`${load} wait for ${phase}`, ...KINDS.map((kind) => rates[kind].toFixed(2))]);
      pollRates.push(rates['task polls']);
    }
  }
  console.log(`calls per second on the busiest node, over ${WINDOW_MS / 1_000} s`);
  printTable(['operations', ...KINDS], rows);
  printRatio(
    Math.max(...pollRates),
    '≤ 1 task poll per second per node; pings and watcher are shown beside it',
  );
});

async function measure(estate: BenchEstate, load: number): Promise<[string, Rates][]> {
  const { database, simulator } = estate;
  simulator.faults.add({ action: 'slowTask', ms: SLOW_CLONE_MS, path: '/clone$', count: load });
  simulator.faults.add({ action: 'agentNever' });
  const accepted = await Promise.all(
    Array.from({ length: load }, (_, index) => estate.order(`wait-${load}-${index}`)),
  );
  const ids = accepted.map(({ operation }) => operation.id);
  await untilAllAt(database, ids, 'clone');
  const clone = await ratesOver(estate, 5_000);
  await untilAllAt(database, ids, 'ready', 240_000);
  const ready = await ratesOver(estate, 5_000);
  simulator.faults.clear();
  await Promise.all(ids.map((id) => estate.call('POST', `/operations/${id}/cancel`)));
  await settledOperations(database, ids, { timeoutMs: 240_000 });
  return [
    ['a clone', clone],
    ['an agent', ready],
  ];
}

/** Lets the calls that led here fade out, then counts. */
async function ratesOver({ simulator }: BenchEstate, settleMs: number): Promise<Rates> {
  await delay(settleMs);
  const from = Date.now();
  const log = keepCalls(simulator);
  await delay(WINDOW_MS);
  log.close();
  const calls = log.all.filter(({ at }) => at >= from);
  const nodes = [...new Set(calls.map(nodeOf).filter(Boolean))];
  const count = (node: string, kind: CallKind) =>
    calls.filter((call) => nodeOf(call) === node && kindOf(call) === kind).length;
  return Object.fromEntries(
    KINDS.map((kind) => [kind, Math.max(0, ...nodes.map((node) => count(node, kind))) / (WINDOW_MS / 1_000)]),
  ) as Rates;
}
