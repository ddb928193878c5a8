import { setTimeout as delay } from 'node:timers/promises';
import type { Operation } from '../contract/operations.ts';
import type { Server } from '../contract/servers.ts';
import { keepCalls } from './call-log.ts';
import { followEvents, type SeenOperation } from './event-feed.ts';
import { SPEED_FOR_CLONE_OF_5_S, withEstate, type BenchEstate } from './estate.ts';
import { percentile, printRatio, printTable } from './numbers.ts';
import { settledOperations } from './operations.ts';
import { watchTaskEnds, type TaskEnd } from './task-ends.ts';

/** How long after a task's end on Proxmox a client of GET /events hears of it: alone, and while many others change. */
const SERVERS = Number(process.env['SERVERS'] ?? 20);
const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const BUDGET_MS = 1_500;

interface Latency {
  /** Task end → event at the client. */
  wholeMs: number;
  /** Task end → the call that told Berth of it: the pace of looking, bounded by the call budget. */
  noticedMs: number;
}

await withEstate({ speed: SPEED_FOR_CLONE_OF_5_S }, async (estate) => {
  const ends = watchTaskEnds(estate.simulator);
  const calls = keepCalls(estate.simulator);
  const feed = await followEvents(estate);
  try {
    const servers = await buildServers(estate);
    const clones = await latencies({ ends: ends.all, calls: calls.all, seen: feed.seen }, 'clone');
    const alone = await powerCycles(estate, servers.slice(0, 1), ROUNDS * 2);
    const crowd = await powerCycles(estate, servers, ROUNDS);
    const of = async (ids: string[]) =>
      powerLatencies({ ends: ends.all, calls: calls.all, seen: feed.seen }, ids);
    const table: [string, Latency[]][] = [
      [`clone, ${SERVERS} at once`, clones],
      ['stop or start, alone', await of(alone)],
      [`stop or start, ${SERVERS} at once`, await of(crowd)],
    ];
    report(table);
  } finally {
    feed.close();
    ends.close();
    calls.close();
  }
});

async function buildServers(estate: BenchEstate): Promise<Server[]> {
  const accepted = await Promise.all(
    Array.from({ length: SERVERS }, (_, index) => estate.order(`live-${index}`)),
  );
  await settledOperations(
    estate.database,
    accepted.map(({ operation }) => operation.id),
  );
  return accepted.map(({ server }) => server);
}

/** Stops and starts all of the servers at once, `rounds` times; returns the operations' ids. */
async function powerCycles(estate: BenchEstate, servers: Server[], rounds: number): Promise<string[]> {
  const ids: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const action of ['stop', 'start']) {
      // A stop is followed by a clean-up on the node, which holds the VM's lock for a moment.
      await delay(2_000);
      const accepted = await Promise.all(
        servers.map(({ id }) =>
          estate.call<{ operation: Operation }>('POST', `/servers/${id}/actions`, { action }),
        ),
      );
      const batch = accepted.map(({ operation }) => operation.id);
      await settledOperations(estate.database, batch);
      ids.push(...batch);
    }
  }
  return ids;
}

interface Recorded {
  ends: TaskEnd[];
  calls: ReturnType<typeof keepCalls>['all'];
  seen: SeenOperation[];
}

async function powerLatencies(recorded: Recorded, ids: string[]): Promise<Latency[]> {
  const wanted = new Set(ids);
  const seen = recorded.seen.filter(({ operation }) => wanted.has(operation.id));
  return [
    ...(await latencies({ ...recorded, seen }, 'stop')),
    ...(await latencies({ ...recorded, seen }, 'start')),
  ];
}

/** For each task of a step, the first event that shows the step as done. */
async function latencies({ ends, calls, seen }: Recorded, step: string): Promise<Latency[]> {
  await delay(500); // for the last event to arrive
  const endOf = new Map(ends.map((end) => [end.upid, end]));
  const found = new Map<string, Latency>();
  for (const { operation, at } of seen) {
    const done = operation.steps.find(({ name, state }) => name === step && state === 'succeeded');
    const end = done?.task ? endOf.get(done.task) : undefined;
    if (!end || found.has(end.upid)) continue;
    const told = calls.find((call) => call.at >= end.at && tells(call.path, end));
    if (told) found.set(end.upid, { wholeMs: at - end.at, noticedMs: told.at - end.at });
  }
  return [...found.values()];
}

/** The node's list of tasks tells of all of them, a status or a log of one. */
function tells(path: string, { node, upid }: TaskEnd): boolean {
  if (!path.startsWith(`/nodes/${node}/tasks`)) return false;
  return /\/tasks(?:\?|$)/.test(path) || decodeURIComponent(path).includes(upid);
}

function report(table: [string, Latency[]][]): void {
  const ms = (values: number[], share: number) => percentile(values, share).toFixed(0);
  console.log('milliseconds from a task’s end on Proxmox to the event at a client');
  printTable(
    ['what', 'n', 'p50', 'p95', 'until asked p50', 'p95', 'Berth adds p50', 'p95'],
    table.map(([title, values]) => {
      const parts = [
        values.map(({ wholeMs }) => wholeMs),
        values.map(({ noticedMs }) => noticedMs),
        values.map(({ wholeMs, noticedMs }) => wholeMs - noticedMs),
      ];
      return [title, String(values.length), ...parts.flatMap((part) => [ms(part, 0.5), ms(part, 0.95)])];
    }),
  );
  const worst = Math.max(
    ...table.map(([, values]) =>
      percentile(
        values.map(({ wholeMs }) => wholeMs),
        0.95,
      ),
    ),
  );
  printRatio(worst / BUDGET_MS, '≤ 1.000 of 1.5 s for p95, of which Berth adds ≤ 300 ms');
}
