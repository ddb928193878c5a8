import { setTimeout as delay } from 'node:timers/promises';
import { keepCalls, kindOf, nodeOf, type CallKind } from './call-log.ts';
import { withEstate, type BenchEstate } from './estate.ts';
import { limitSlots, MORE_THAN_ALL } from './limit-slots.ts';
import { printRatio, printTable } from './numbers.ts';
import { countAt, settledOperations } from './operations.ts';

/** Counts Berth's calls to Proxmox while 1, 30 and 100 provisions wait: in line, then for a clone, then for a guest's agent. */
const LOADS = (process.env['LOADS'] ?? '1,30,100').split(',').map(Number);
const WINDOW_MS = 12_000;
/** Longer than it takes to get all of them waiting, and the window after that. */
const SLOW_CLONE_MS = 60_000;
const GET_THERE_MS = 40_000;
const KINDS: CallKind[] = ['task polls', 'agent pings', 'watcher', 'steps'];
const COLUMNS = [...KINDS, 'together'] as const;
/** What a node that was left alone may get at once. */
const BURST = 3;

/** Of the busiest node by kind, and of the one that is busiest with polls, pings and the watcher together. */
type Rates = Record<CallKind | 'together', number>;

await withEstate({ speed: 1 }, async (estate) => {
  const rows: string[][] = [];
  const waitingRates: number[] = [];
  for (const load of LOADS) {
    for (const [phase, rates] of await measure(estate, load)) {
      rows.push([phase, ...COLUMNS.map((kind) => rates[kind].toFixed(2))]);
      waitingRates.push(rates.together);
    }
  }
  console.log(`calls per second on the busiest node, over ${WINDOW_MS / 1_000} s`);
  printTable(['operations', ...COLUMNS], rows);
  printRatio(
    Math.max(...waitingRates),
    `≤ 1 poll, ping or look per second per node, and ${BURST} saved up before`,
  );
});

async function measure(estate: BenchEstate, load: number): Promise<[string, Rates][]> {
  const { database, simulator } = estate;
  await limitSlots(database, 1);
  simulator.faults.add({ action: 'slowTask', ms: SLOW_CLONE_MS, path: '/clone$', count: load });
  simulator.faults.add({ action: 'agentNever' });
  const accepted = await Promise.all(
    Array.from({ length: load }, (_, index) => estate.order(`wait-${load}-${index}`)),
  );
  const ids = accepted.map(({ operation }) => operation.id);
  // On a busy computer some get there late; those that wait are counted.
  const queueing = await countAt(database, ids, 'clone', GET_THERE_MS);
  const line = await ratesOver(estate, 3_000);
  await limitSlots(database, MORE_THAN_ALL);
  const cloning = await copiesUnderWay(estate, load);
  const clone = await ratesOver(estate, 3_000);
  const booting = await countAt(database, ids, 'ready', SLOW_CLONE_MS + GET_THERE_MS);
  const ready = await ratesOver(estate, 3_000);
  simulator.faults.clear();
  if (load !== LOADS.at(-1)) {
    await Promise.all(ids.map((id) => estate.call('POST', `/operations/${id}/cancel`)));
    await settledOperations(database, ids, { timeoutMs: 240_000 });
  }
  return [
    [`${queueing} of ${load} copy one by one, or wait in line for that`, line],
    [`${cloning} of ${load} wait for a clone`, clone],
    [`${booting} of ${load} wait for an agent`, ready],
  ];
}

/** Waits until so many copies run, at most for as long as it may take to get there; returns how many do. */
async function copiesUnderWay({ simulator }: BenchEstate, wanted: number): Promise<number> {
  const deadline = Date.now() + GET_THERE_MS;
  for (;;) {
    const running = simulator.state.tasks.filter(
      ({ type, endtime }) => type === 'qmclone' && endtime === null,
    );
    if (running.length >= wanted || Date.now() > deadline) return running.length;
    await delay(100);
  }
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
  const rateOf = (node: string, kinds: CallKind[]) =>
    calls.filter((call) => nodeOf(call) === node && kinds.includes(kindOf(call))).length /
    (WINDOW_MS / 1_000);
  const busiest = (...kinds: CallKind[]) => Math.max(0, ...nodes.map((node) => rateOf(node, kinds)));
  return {
    'task polls': busiest('task polls'),
    'agent pings': busiest('agent pings'),
    watcher: busiest('watcher'),
    steps: busiest('steps'),
    together: busiest('task polls', 'agent pings', 'watcher'),
  };
}
