import { OPERATIONS } from '../contract/operation-table.ts';
import { OperationEvent } from '../db/models/operation-event.ts';
import { createProxmox } from '../proxmox/client.ts';
import { createTaskWatcher } from '../proxmox/tasks.ts';
import { provisionByHand, type StepTimes } from './bare-provision.ts';
import { SPEED_FOR_CLONE_OF_5_S, withEstate, type BenchEstate } from './estate.ts';
import { median, printRatio, printTable } from './numbers.ts';
import { settledOperations } from './operations.ts';

/** Builds a server through Berth and with a bare script, in turn, and compares the medians. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 7);
const BEFORE = 'order to first step';
const STEPS = [BEFORE, ...OPERATIONS.provision.steps.map(({ name }) => name)];

interface Run {
  totalMs: number;
  steps: StepTimes;
}

await withEstate({ speed: SPEED_FOR_CLONE_OF_5_S }, async (estate) => {
  const { simulator } = estate;
  const proxmox = createProxmox({
    endpoints: [simulator.url],
    fingerprint: simulator.fingerprint,
    token: simulator.token,
  });
  const tasks = createTaskWatcher(proxmox);
  const berth: Run[] = [];
  const bare: Run[] = [];
  try {
    await provisionThroughBerth(estate, 'warm-up');
    for (let round = 0; round < ROUNDS; round += 1) {
      const turns = [
        async () => berth.push(await provisionThroughBerth(estate, `berth-${round}`)),
        async () =>
          bare.push(await timed(() => provisionByHand({ proxmox, tasks }, `bare-${round}`, 5_000 + round))),
      ];
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
  } finally {
    await proxmox.close();
  }
  report(berth, bare);
});

async function provisionThroughBerth(estate: BenchEstate, name: string): Promise<Run> {
  const orderedAt = Date.now();
  const { operation } = await estate.order(name);
  const [settled] = await settledOperations(estate.database, [operation.id]);
  if (settled?.status !== 'succeeded' || !settled.finishedAt)
    throw new Error(`${name} ended ${settled?.status}`);
  const events = await OperationEvent.query(estate.database)
    .where({ operationId: operation.id, state: 'running' })
    .orderBy('seq');
  const marks = [
    { step: BEFORE, at: orderedAt },
    ...events.map(({ step, at }) => ({ step, at: at.getTime() })),
  ];
  const finishedAt = settled.finishedAt.getTime();
  const steps = Object.fromEntries(
    marks.map(({ step, at }, index) => [step, (marks[index + 1]?.at ?? finishedAt) - at]),
  );
  return { totalMs: finishedAt - orderedAt, steps };
}

async function timed(work: () => Promise<StepTimes>): Promise<Run> {
  const startedAt = performance.now();
  const steps = await work();
  return { totalMs: performance.now() - startedAt, steps };
}

function report(berth: Run[], bare: Run[]): void {
  const seconds = (ms: number) => (Number.isFinite(ms) ? (ms / 1_000).toFixed(2) : '');
  const of = (runs: Run[], step: string) => median(runs.map(({ steps }) => steps[step] ?? Number.NaN));
  console.log(
    `${ROUNDS} provisions each, in turn; medians in seconds (a step's end report travels with the next)`,
  );
  const rows = STEPS.map((step) => {
    const [a, b] = [of(berth, step), of(bare, step)];
    return [step, seconds(a), seconds(b), seconds(a - (Number.isFinite(b) ? b : 0))];
  });
  const totals = [berth, bare].map((runs) => runs.map(({ totalMs }) => totalMs)) as [number[], number[]];
  const line = (name: string, pick: (values: number[]) => number) => {
    const [a, b] = [pick(totals[0]), pick(totals[1])];
    return [name, seconds(a), seconds(b), seconds(a - b)];
  };
  rows.push(line('median of all', median));
  rows.push(line('min', (values) => Math.min(...values)));
  rows.push(line('max', (values) => Math.max(...values)));
  printTable(['step', 'Berth', 'bare', 'more'], rows);
  printRatio(median(totals[0]) / median(totals[1]), '≤ 1.05');
}
