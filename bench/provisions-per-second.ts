import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { serverWorkflowId, taskQueues } from '../contract/temporal.ts';
import { bundleWorkflows } from '../workflows/bundle.ts';
import type { emptyWorkflow } from './empty-workflow.ts';
import { withEstate, type BenchEstate } from './estate.ts';
import { limitSlots, MORE_THAN_ALL } from './limit-slots.ts';
import { median, printRatio, printTable } from './numbers.ts';
import { settledOperations } from './operations.ts';
import { startWorker } from './start-worker.ts';

/**
 * Orders servers at once where Proxmox takes no time, and runs as many workflows that call as many activities, on the same
 * queues in the same order, that do nothing.
 */
const COUNT = Number(process.env['COUNT'] ?? 200);
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
/** As many as the simulator has: looks at tasks and guests, one per second and node, are not to hold anything up. */
const NODES = 32;
const WARM_UP = 5;
const QUEUE_PREFIX = 'empty-';

await withEstate({ speed: 0, nodes: NODES }, async (estate) => {
  await limitSlots(estate.database, MORE_THAN_ALL);
  const connection = await Connection.connect({ address: estate.temporalAddress });
  const temporal = new Client({ connection });
  const bundle = join(estate.folder, 'empty-workflow.js');
  await bundleWorkflows(bundle, new URL('empty-workflow.ts', import.meta.url));
  const worker = await startWorker(['bench/empty-worker.ts', bundle, estate.temporalAddress, QUEUE_PREFIX]);
  try {
    const [first] = (await provision(estate, WARM_UP)).serverIds;
    const queues = await queuesOfActivities(temporal, first ?? '');
    await runEmpty(temporal, queues, WARM_UP);
    const [berth, empty]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      const turns = [
        async () => berth.push((await provision(estate, COUNT)).ms),
        async () => empty.push(await runEmpty(temporal, queues, COUNT)),
      ];
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
    report(berth, empty, queues);
  } finally {
    await worker.stop();
    await connection.close();
  }
});

/** From the first order to the end of the last. */
async function provision(estate: BenchEstate, count: number): Promise<{ ms: number; serverIds: string[] }> {
  const startedAt = Date.now();
  const accepted = await Promise.all(
    Array.from({ length: count }, (_, index) => estate.order(`empty-${index}`)),
  );
  const ids = accepted.map(({ operation }) => operation.id);
  const settled = await settledOperations(estate.database, ids, { timeoutMs: 600_000, everyMs: 500 });
  const failed = settled.find(({ status }) => status !== 'succeeded');
  if (failed) throw new Error(`a provision ended ${failed.status}: ${failed.errorMessage}`);
  const endedAt = Math.max(...settled.map(({ finishedAt }) => finishedAt?.getTime() ?? Number.NaN));
  return { ms: endedAt - startedAt, serverIds: accepted.map(({ server }) => server.id) };
}

/** The queue of each activity that was scheduled to build this server, in their order. */
async function queuesOfActivities(temporal: Client, serverId: string): Promise<string[]> {
  const { events } = await temporal.workflow.getHandle(serverWorkflowId(serverId)).fetchHistory();
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled ? [`${QUEUE_PREFIX}${scheduled.taskQueue?.name}`] : [],
  );
}

/** From the start of the first to the end of the last, by Temporal's clock. */
async function runEmpty({ workflow }: Client, queues: string[], count: number): Promise<number> {
  const startedAt = Date.now();
  const handles = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      workflow.start<typeof emptyWorkflow>('emptyWorkflow', {
        workflowId: `empty/${startedAt}/${index}`,
        taskQueue: taskQueues(QUEUE_PREFIX).servers,
        args: [queues],
      }),
    ),
  );
  const endedAt: number[] = [];
  // One by one, so that waiting costs the server little.
  for (const handle of handles) {
    await handle.result();
    endedAt.push((await handle.describe()).closeTime?.getTime() ?? Number.NaN);
  }
  return Math.max(...endedAt) - startedAt;
}

function report(berth: number[], empty: number[], queues: string[]): void {
  const onServers = queues.filter((queue) => queue === taskQueues(QUEUE_PREFIX).servers).length;
  console.log(
    `${ROUNDS} × ${COUNT} of each, in turn; ${queues.length} activities per workflow, ${onServers} of them on the workflow's own queue`,
  );
  const perSecond = (ms: number[]) => COUNT / (median(ms) / 1_000);
  const row = (title: string, ms: number[]) => [
    title,
    (median(ms) / 1_000).toFixed(1),
    perSecond(ms).toFixed(2),
    (perSecond(ms) * queues.length).toFixed(0),
  ];
  printTable(
    ['', 's', 'per second', 'activities per second'],
    [row('provisions', berth), row('workflows that do nothing', empty)],
  );
  printRatio(perSecond(berth) / perSecond(empty), 'none; 1.000 would cost nothing but Temporal');
}
