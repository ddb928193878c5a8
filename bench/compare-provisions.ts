import { OPERATIONS } from '../contract/operation-table.ts';
import { OperationEvent } from '../db/models/operation-event.ts';
import { createProxmox } from '../proxmox/client.ts';
import { createTaskWatcher } from '../proxmox/tasks.ts';
import { provisionByHand, type StepTimes } from './bare-provision.ts';
import { keepCalls, kindOf, type CallKind } from './call-log.ts';
import type { BenchEstate } from './estate.ts';
import { limitSlots, MORE_THAN_ALL } from './limit-slots.ts';
import { median, printTable } from './numbers.ts';
import { settledOperations } from './operations.ts';

const BEFORE = 'order to first step';
const STEPS = [BEFORE, ...OPERATIONS.provision.steps.map(({ name }) => name)];
const KINDS: CallKind[] = ['steps', 'task polls', 'agent pings'];
const NODES = 3;
const FIRST_TEMPLATE = 9_000;
const FIRST_VMID = 5_000;

interface Run {
  /** From the moment all were ordered. */
  totalMs: number;
  steps: StepTimes;
}

interface Round {
  runs: Run[];
  /** Calls to Proxmox per server. */
  calls: Record<CallKind, number>;
}

/** How much longer Berth takes until the last server is ready, as a ratio to each script. */
export interface ProvisionRatios {
  toPaced: number;
  toBare: number;
}

/**
 * Builds `atOnce` servers at once through Berth, with a bare script, and with one that asks guests at Berth's pace, by turns,
 * and prints where the time goes. Slots hold nobody up.
 */
export async function compareProvisions(
  estate: BenchEstate,
  { atOnce, rounds }: { atOnce: number; rounds: number },
): Promise<ProvisionRatios> {
  await limitSlots(estate.database, MORE_THAN_ALL);
  const script = createScript(estate, atOnce);
  const contestants = [
    { name: 'Berth', rounds: [] as Round[], build: () => provisionThroughBerth(estate, atOnce) },
    { name: 'bare', rounds: [] as Round[], build: () => script.build({ isPaced: false }) },
    { name: 'bare, paced', rounds: [] as Round[], build: () => script.build({ isPaced: true }) },
  ] as const;
  try {
    await provisionThroughBerth(estate, 1); // a warm-up
    for (let round = 0; round < rounds; round += 1) {
      const turns = round % 2 === 0 ? contestants : contestants.toReversed();
      for (const turn of turns) turn.rounds.push(await countingCalls(estate, turn.build));
    }
  } finally {
    await script.close();
  }
  console.log(`${rounds} × ${atOnce} provisions each, in turn`);
  const [berth, bare, paced] = contestants.map((it) => it.rounds) as [Round[], Round[], Round[]];
  return report({ berth, bare, paced });
}

/** Kept over the rounds, like Berth's own: one connection for calls, and one that watches tasks. */
function createScript({ simulator }: BenchEstate, atOnce: number) {
  const options = {
    endpoints: [simulator.url],
    fingerprint: simulator.fingerprint,
    token: simulator.token,
  };
  const [proxmox, watching] = [createProxmox(options), createProxmox(options)];
  const tasks = createTaskWatcher(watching);
  let built = 0;
  return {
    async build({ isPaced }: { isPaced: boolean }): Promise<Run[]> {
      const startedAt = performance.now();
      const one = async (): Promise<Run> => {
        const index = built % NODES;
        const vm = {
          name: `bare-${built}`,
          vmid: FIRST_VMID + built,
          node: `pve${index + 1}`,
          templateVmid: FIRST_TEMPLATE + 10 * index,
        };
        built += 1;
        const steps = await provisionByHand({ proxmox, tasks, isPaced }, vm);
        return { totalMs: performance.now() - startedAt, steps };
      };
      return Promise.all(Array.from({ length: atOnce }, one));
    },
    close: () => Promise.all([proxmox.close(), watching.close()]),
  };
}

async function provisionThroughBerth(estate: BenchEstate, count: number): Promise<Run[]> {
  const orderedAt = Date.now();
  const accepted = await Promise.all(
    Array.from({ length: count }, (_, index) => estate.order(`berth-${index}`)),
  );
  const ids = accepted.map(({ operation }) => operation.id);
  const settled = await settledOperations(estate.database, ids, { timeoutMs: 600_000 });
  const events = await OperationEvent.query(estate.database)
    .whereIn('operationId', ids)
    .where({ state: 'running' })
    .orderBy('seq');
  return settled.map(({ id, status, finishedAt }) => {
    if (status !== 'succeeded' || !finishedAt) throw new Error(`a provision ended ${status}`);
    const marks = [
      { step: BEFORE, at: orderedAt },
      ...events
        .filter(({ operationId }) => operationId === id)
        .map(({ step, at }) => ({ step, at: at.getTime() })),
    ];
    const steps = marks.map(({ step, at }, index) => [
      step,
      (marks[index + 1]?.at ?? finishedAt.getTime()) - at,
    ]);
    return { totalMs: finishedAt.getTime() - orderedAt, steps: Object.fromEntries(steps) as StepTimes };
  });
}

async function countingCalls({ simulator }: BenchEstate, build: () => Promise<Run[]>): Promise<Round> {
  const from = Date.now();
  const log = keepCalls(simulator);
  const runs = await build().finally(() => log.close());
  const calls = log.all.filter(({ at }) => at >= from);
  const perServer = KINDS.map((kind) => [
    kind,
    calls.filter((call) => kindOf(call) === kind).length / runs.length,
  ]);
  return { runs, calls: Object.fromEntries(perServer) as Round['calls'] };
}

function report(rounds: Record<'berth' | 'bare' | 'paced', Round[]>): ProvisionRatios {
  const columns = [rounds.berth, rounds.bare, rounds.paced];
  const seconds = (ms: number) => (Number.isFinite(ms) ? (ms / 1_000).toFixed(2) : '');
  const ofStep = (all: Round[], step: string) =>
    median(all.flatMap(({ runs }) => runs.map(({ steps }) => steps[step] ?? Number.NaN)));
  const totals = (all: Round[]) => all.map(({ runs }) => runs.map(({ totalMs }) => totalMs));
  const medianOf = (all: Round[]) => median(totals(all).flat());
  const lastOf = (all: Round[]) => median(totals(all).map((round) => Math.max(...round)));
  const row = (title: string, pick: (all: Round[]) => number) => [
    title,
    ...columns.map((all) => seconds(pick(all))),
  ];
  console.log('seconds; medians of all servers (a step’s end report travels with the next)');
  printTable(
    ['step', 'Berth', 'bare', 'bare, paced'],
    [
      ...STEPS.map((step) => row(step, (all) => ofStep(all, step))),
      row('all', medianOf),
      row('fastest', (all) => Math.min(...totals(all).flat())),
      row('slowest', (all) => Math.max(...totals(all).flat())),
      row('until the last is ready', lastOf),
    ],
  );
  printTable(
    ['calls per server', 'Berth', 'bare', 'bare, paced'],
    KINDS.map((kind) => [
      kind,
      ...columns.map((all) => median(all.map(({ calls }) => calls[kind])).toFixed(1)),
    ]),
  );
  const ratio = (pick: (all: Round[]) => number, to: Round[]) => pick(rounds.berth) / pick(to);
  printTable(
    ['Berth ÷', 'until the last is ready', 'median server'],
    [
      ['bare', ratio(lastOf, rounds.bare).toFixed(3), ratio(medianOf, rounds.bare).toFixed(3)],
      ['bare, paced', ratio(lastOf, rounds.paced).toFixed(3), ratio(medianOf, rounds.paced).toFixed(3)],
    ],
  );
  return { toPaced: ratio(lastOf, rounds.paced), toBare: ratio(lastOf, rounds.bare) };
}
