import { setTimeout as delay } from 'node:timers/promises';
import { LIVE_STATUSES, type Operation } from '../contract/operations.ts';
import type { Server } from '../contract/servers.ts';
import type { Database } from '../db/connect.ts';
import { Operation as OperationRow } from '../db/models/operation.ts';
import { OperationTask } from '../db/models/operation-task.ts';
import { parseUpid } from '../proxmox/upid.ts';
import { keepCalls } from './call-log.ts';
import { SPEED_FOR_CLONE_OF_5_S, withEstate, type BenchEstate } from './estate.ts';
import { median, percentile, printRatio, printTable } from './numbers.ts';
import { countCopies, settledOperations } from './operations.ts';
import { watchTaskEnds } from './task-ends.ts';

/** How long a stop or a start takes from the request to the operation's end: alone, and while many servers are being built. */
const PROVISIONS = Number(process.env['PROVISIONS'] ?? 200);
const SERVERS = Number(process.env['SERVERS'] ?? 20);
const ROUNDS = Number(process.env['ROUNDS'] ?? 2);
const TIMEOUT_MS = 10 * 60_000;
/** How often it is looked how many provisions are under way. */
const LOOK_MS = 500;

interface Latency {
  /** Request → end of the operation. */
  wholeMs: number;
  /** Request → the call that starts the task on Proxmox. */
  askedMs: number;
  /** That call → end of the task. */
  taskMs: number;
  /** End of the task → end of the operation. */
  toldMs: number;
}

/** What was under way at one moment. */
interface Crowd {
  running: number;
  inLine: number;
  copying: number;
}

interface Recorders {
  calls: ReturnType<typeof keepCalls>;
  ends: ReturnType<typeof watchTaskEnds>;
}

await withEstate({ speed: SPEED_FOR_CLONE_OF_5_S }, async (estate) => {
  const recorders = { calls: keepCalls(estate.simulator), ends: watchTaskEnds(estate.simulator) };
  try {
    const servers = await buildServers(estate);
    const quiet = await powerCycles(estate, servers, recorders);
    const enough = new AbortController();
    const crowds: Crowd[] = [];
    const busyCycles = async () => {
      await untilUnderWay(estate.database);
      crowds.length = 0;
      return powerCycles(estate, servers, recorders);
    };
    const [busy] = await Promise.all([
      busyCycles().finally(() => enough.abort()),
      keepUnderWay(estate, enough.signal, crowds),
    ]);
    report(quiet, busy, crowds);
  } finally {
    recorders.calls.close();
    recorders.ends.close();
  }
});

async function buildServers(estate: BenchEstate): Promise<Server[]> {
  const accepted = await Promise.all(
    Array.from({ length: SERVERS }, (_, index) => estate.order(`power-${index}`)),
  );
  await settledOperations(
    estate.database,
    accepted.map(({ operation }) => operation.id),
    { timeoutMs: TIMEOUT_MS },
  );
  return accepted.map(({ server }) => server);
}

/** Orders servers so that as many are being built all the time, one for each that is ready. */
async function keepUnderWay(estate: BenchEstate, signal: AbortSignal, crowds: Crowd[]): Promise<void> {
  const provisions = () => OperationRow.query(estate.database).where({ type: 'provision' });
  for (let ordered = 0; !signal.aborted;) {
    const missing = PROVISIONS - (await provisions().whereIn('status', LIVE_STATUSES).resultSize());
    await Promise.all(
      Array.from({ length: missing }, async () => {
        ordered += 1;
        await estate.order(`crowd-${ordered}`);
      }),
    );
    crowds.push({
      running: await provisions().where({ status: 'running' }).resultSize(),
      ...(await countCopies(estate.database)),
    });
    await delay(LOOK_MS);
  }
}

/** Waits until all of the first provisions have been begun: they run, or wait in line for a copy. */
async function untilUnderWay(database: Database): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    const begun = await OperationRow.query(database)
      .where({ type: 'provision' })
      .whereNot('status', 'pending')
      .resultSize();
    if (begun >= SERVERS + PROVISIONS) return;
    if (Date.now() > deadline) throw new Error(`only ${begun - SERVERS} of ${PROVISIONS} have been begun`);
    await delay(LOOK_MS);
  }
}

/** Stops all of the servers one after another, then starts them, `ROUNDS` times. */
async function powerCycles(estate: BenchEstate, servers: Server[], recorders: Recorders): Promise<Latency[]> {
  const latencies: Latency[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const action of ['stop', 'start']) {
      // A stop is followed by a clean-up on the node, for which the next start would wait.
      await delay(2_000);
      for (const server of servers) latencies.push(await act(estate, server, action, recorders));
    }
  }
  return latencies;
}

async function act(
  estate: BenchEstate,
  server: Server,
  action: string,
  { calls, ends }: Recorders,
): Promise<Latency> {
  const sentAt = Date.now();
  const { operation } = await estate.call<{ operation: Operation }>('POST', `/servers/${server.id}/actions`, {
    action,
  });
  const [row] = await settledOperations(estate.database, [operation.id], { timeoutMs: TIMEOUT_MS });
  if (row?.status !== 'succeeded' || !row.finishedAt)
    throw new Error(`${action} of ${server.name} ended ${row?.status}: ${row?.errorMessage}`);
  const { upid } = await OperationTask.query(estate.database)
    .findOne({ operationId: operation.id })
    .throwIfNotFound();
  await delay(200); // for the recorders to have looked
  const { node, id } = parseUpid(upid);
  const asked = calls.all.findLast(
    ({ method, path, at }) =>
      method === 'POST' && at >= sentAt && path === `/nodes/${node}/qemu/${id}/status/${action}`,
  );
  const end = ends.all.findLast((it) => it.upid === upid);
  if (!asked || !end) throw new Error(`the task ${upid} was not seen`);
  return {
    wholeMs: row.finishedAt.getTime() - sentAt,
    askedMs: asked.at - sentAt,
    taskMs: end.at - asked.at,
    toldMs: row.finishedAt.getTime() - end.at,
  };
}

function report(quiet: Latency[], busy: Latency[], crowds: Crowd[]): void {
  const share = (latencies: Latency[], part: keyof Latency, of: number) =>
    percentile(
      latencies.map((latency) => latency[part]),
      of,
    );
  console.log('milliseconds from the request for a stop or a start to the end of the operation');
  printTable(
    [
      'what',
      'n',
      'p50',
      'p95',
      'until asked p50',
      'p95',
      'the task itself p50',
      'p95',
      'until told p50',
      'p95',
    ],
    (
      [
        ['alone', quiet],
        [`while ${PROVISIONS} provisions run`, busy],
      ] as const
    ).map(([title, latencies]) => [
      title,
      String(latencies.length),
      ...(['wholeMs', 'askedMs', 'taskMs', 'toldMs'] as const).flatMap((part) =>
        [0.5, 0.95].map((of) => share(latencies, part, of).toFixed(0)),
      ),
    ]),
  );
  printTable(
    ['provisions meanwhile', 'least', 'median', 'most'],
    (
      [
        ['running', 'running'],
        ['of these in line for a copy', 'inLine'],
        ['of these copying', 'copying'],
      ] as const
    ).map(([title, part]) => {
      const counts = crowds.map((crowd) => crowd[part]);
      return [title, ...[Math.min(...counts), median(counts), Math.max(...counts)].map(String)];
    }),
  );
  for (const part of [0.5, 0.95])
    printRatio(
      share(busy, 'wholeMs', part) / share(quiet, 'wholeMs', part),
      `none; p${part * 100} while ${PROVISIONS} provisions run ÷ alone`,
    );
}
