import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Cluster } from '../db/models/cluster.ts';
import { OperationTask } from '../db/models/operation-task.ts';
import { Operation } from '../db/models/operation.ts';
import { orderServer, requestOperation, settled, startWorkflow } from '../tests/order.ts';
import { until } from '../tests/until.ts';
import { createWorkingEstate, type WorkingEstate } from '../tests/working-estate.ts';

let estate: WorkingEstate;
beforeAll(async () => {
  estate = await createWorkingEstate({ addresses: 60 });
});
afterAll(() => estate.close());
beforeEach(() => limitTo({ copiesPerStorage: 2, startsPerNode: 1 }));
afterEach(() => estate.simulator.faults.clear());

const limitTo = (limits: Partial<Cluster>) =>
  Cluster.query(estate.database).findById(estate.cluster.id).patch(limits);

async function order(names: string[]) {
  const orders = [];
  for (const name of names) orders.push(await orderServer(estate, name));
  const handles = await Promise.all(orders.map(({ operation }) => startWorkflow(estate.temporal, operation)));
  return orders.map(({ operation, server }, index) => ({ operation, server, handle: handles[index]! }));
}
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

const running = (type: string) =>
  estate.simulator.state.tasks.filter((task) => task.type === type && task.endtime === null);
const notes = async (operations: Operation[]) =>
  (await Operation.query(estate.database).findByIds(operations.map(({ id }) => id))).flatMap(
    ({ note }) => note ?? [],
  );

/** How many tasks of a type ran at once on any node, as far as looking every few milliseconds shows. */
function watchMost(types: string[]) {
  const most: Record<string, number> = {};
  const timer = setInterval(() => {
    for (const type of types) {
      const nodes = Map.groupBy(running(type), ({ node }) => node);
      for (const { length } of nodes.values()) most[type] = Math.max(most[type] ?? 0, length);
    }
  }, 5);
  return () => {
    clearInterval(timer);
    return most;
  };
}

describe('many orders at once', () => {
  it('copy and start no more at a time than storage and node may, and all of them in the end', async () => {
    // Long enough for the second copy of a node to begin while the first runs.
    estate.simulator.faults.add({ path: '/clone$', action: 'slowTask', ms: 900, count: 20 });
    estate.simulator.faults.add({ path: '/status/start$', action: 'slowTask', ms: 50, count: 20 });
    const most = watchMost(['qmclone', 'qmstart']);
    const orders = await order(names('many', 20));
    for (const { operation } of orders)
      expect(await settled(estate, operation)).toMatchObject({ status: 'succeeded' });
    expect(most()).toEqual({ qmclone: 2, qmstart: 1 });
  });
});

describe('while copies take all slots and others wait', () => {
  let underWay: Awaited<ReturnType<typeof order>> = [];
  afterEach(async () => {
    await Promise.all(underWay.map(({ handle }) => handle.cancel()));
    for (const { operation } of underWay) await settled(estate, operation);
    await until(async () => (await estate.database('slots')).length === 0);
  });

  /** One copy on each of the three nodes, and the rest in line, each saying so. */
  async function fullLines(prefix: string, waiting: number) {
    await limitTo({ copiesPerStorage: 1 });
    estate.simulator.faults.add({ path: '/clone$', action: 'slowTask', ms: 60_000, count: 3 });
    underWay = await order(names(prefix, 3 + waiting));
    const operations = underWay.map(({ operation }) => operation);
    await until(async () => running('qmclone').length === 3 && (await notes(operations)).length === waiting);
    return underWay;
  }

  it('a power action waits for nobody', async () => {
    const [first] = await order(['awake']);
    await first!.handle.result();
    await fullLines('bulk', 20);
    const calls = estate.simulator.calls.length;
    const shutdown = await requestOperation(estate, first!.server, 'stop');
    await startWorkflow(estate.temporal, shutdown);
    expect(await settled(estate, shutdown)).toMatchObject({ status: 'succeeded' });
    expect(running('qmclone')).toHaveLength(3);
    expect(estate.simulator.calls.slice(calls).filter(({ path }) => path.endsWith('/clone'))).toEqual([]);
  });

  it('one that is cancelled leaves the line at once, and those behind it move up', async () => {
    const orders = await fullLines('line', 6);
    const line = await estate
      .database<{ operationId: string; name: string; position: number }>('slots')
      .whereIn('position', [1, 2]);
    const behind = line.find(({ position }) => position === 2);
    const first = line.find(({ name, position }) => name === behind?.name && position === 1);
    const cancelled = orders.find(({ operation }) => operation.id === first?.operationId);
    await cancelled?.handle.cancel();
    expect(await settled(estate, cancelled!.operation)).toMatchObject({ status: 'cancelled' });
    expect(
      await OperationTask.query(estate.database).findById([cancelled!.operation.id, 'clone']),
    ).toBeUndefined();
    const noteOf = async (id = '') => (await Operation.query(estate.database).findById(id))?.note;
    await until(async () => (await noteOf(behind?.operationId))?.includes('1st in line') === true);
  });
});
