import Knex from 'knex';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSlotQueue, type Slot, type SlotQueue } from './slot-queue.ts';
import { databaseConfig, type Database } from '../db/connect.ts';
import { Cluster } from '../db/models/cluster.ts';
import { Operation } from '../db/models/operation.ts';
import type { SlotRequest } from '../db/slots.ts';
import { queryRows } from '../db/query-rows.ts';
import type { OperationType } from '../contract/operation-table.ts';
import { buildAccount, buildCatalog, buildOperation, buildServer, type Catalog } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';
import { until } from '../tests/until.ts';
import type { Account } from '../db/models/account.ts';

const TTL_MS = 1_000;
const QUICK = { pollMs: 20, ttlMs: TTL_MS };

let test: TestDatabase;
let database: Database;
let account: Account;
let catalog: Catalog;
let queue: SlotQueue;
let open: Slot[];
beforeAll(async () => {
  test = await createTestDatabase();
  ({ database } = test);
  account = await buildAccount(database);
});
afterAll(async () => test.drop());
beforeEach(async () => {
  catalog = await buildCatalog(database);
  await limitTo(1);
  queue = createSlotQueue(database, QUICK);
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((slot) => slot.leave('cancelled')));
});

const limitTo = (copiesPerStorage: number) =>
  Cluster.query(database).findById(catalog.cluster.id).patch({ copiesPerStorage });

/** A running operation that asks for a slot, and what became of that. */
async function asker(
  name: string,
  { type = 'provision' as OperationType, at = queue, storage = 'ceph' } = {},
) {
  const server = await buildServer(database, { account, catalog });
  const operation = await buildOperation(database, {
    server,
    type,
    status: 'running',
    fence: 1,
    step: 'clone',
  });
  const request: SlotRequest = {
    operationId: operation.id,
    fence: 1,
    step: 'clone',
    clusterId: catalog.cluster.id,
    resource: 'storage',
    name: storage,
  };
  const join = (through = at, onGivenUp = () => {}) => {
    const slot = through.join(request, onGivenUp);
    open.push(slot);
    const attempt = { ...slot, state: 'waiting' };
    slot.granted.then(
      () => (attempt.state = 'granted'),
      (err: { type: string }) => (attempt.state = err.type),
    );
    return attempt;
  };
  return {
    name,
    operation,
    join,
    row: async () => (await database('slots').where({ operation_id: operation.id }))[0],
    note: async () => (await Operation.query(database).findById(operation.id))?.note,
  };
}

const inLine = async () =>
  queryRows(database, 'select from slots where granted_at is null and cluster_id = ?', [catalog.cluster.id]);

describe('slots', () => {
  it('are given out up to the limit, then as they come free, first come, first served', async () => {
    await limitTo(2);
    const askers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => asker(name)));
    const attempts = askers.map(({ join }) => join());
    const states = () => attempts.map(({ state }) => state).join(' ');
    await until(() => states() === 'granted granted waiting waiting');
    await attempts[1]?.leave('done');
    await until(() => states() === 'granted granted granted waiting');
    await attempts[0]?.leave('failed');
    await until(() => states() === 'granted granted granted granted');
  });

  it('of different storages are no concern of each other', async () => {
    const [a, b] = [await asker('a'), await asker('b', { storage: 'local-lvm on pve1' })];
    const attempts = [a.join(), b.join()];
    await until(() => attempts.every(({ state }) => state === 'granted'));
  });

  it('go to servers that exist before new ones', async () => {
    const [a, b, c] = [await asker('a'), await asker('b'), await asker('c', { type: 'start' })];
    const first = a.join();
    await until(() => first.state === 'granted');
    const [provision, existing] = [b.join(), c.join()];
    await until(async () => (await inLine()).length === 2);
    await first.leave('done');
    await until(() => existing.state === 'granted');
    expect(provision.state).toBe('waiting');
  });

  it('follow a limit that is raised while some wait', async () => {
    const askers = [await asker('a'), await asker('b')];
    const attempts = askers.map(({ join }) => join());
    await until(() => attempts[0]?.state === 'granted');
    await limitTo(2);
    await until(() => attempts[1]?.state === 'granted');
  });

  it('are not for an operation that another run has taken, or that is over', async () => {
    const { operation, join } = await asker('a');
    await operation.$query(database).patch({ fence: 2 });
    const attempt = join();
    await until(() => attempt.state === 'stale_claim');
  });

  it('are forgotten when their operation is over', async () => {
    const { operation, join, row } = await asker('a');
    const attempt = join();
    await until(() => attempt.state === 'granted');
    await operation.$query(database).patch({ status: 'succeeded', finishedAt: new Date() });
    expect(await row()).toBeUndefined();
  });
});

describe('a later attempt of the same step', () => {
  it('has the slot of the one before at once, whoever waits', async () => {
    const [a, b] = [await asker('a'), await asker('b')];
    const first = a.join();
    await until(() => first.state === 'granted');
    const other = b.join();
    await first.leave('handed over');
    const second = a.join();
    await until(() => second.state === 'granted');
    expect(other.state).toBe('waiting');
  });

  it('keeps the slot when the attempt it took over from ends later', async () => {
    const [a, b] = [await asker('a'), await asker('b')];
    const first = a.join();
    await until(() => first.state === 'granted');
    const second = a.join(createSlotQueue(database, QUICK));
    await until(() => second.state === 'granted');
    await first.leave('done');
    const other = b.join();
    await until(async () => (await inLine()).length === 1);
    expect(other.state).toBe('waiting');
  });

  it('has the place in line of one that failed, and blocks nobody in between', async () => {
    const [a, b, c] = [await asker('a'), await asker('b'), await asker('c')];
    const first = a.join();
    await until(() => first.state === 'granted');
    const [second, third] = [b.join(), c.join()];
    await until(async () => (await inLine()).length === 2);
    await first.leave('failed');
    await until(() => second.state === 'granted');
    const again = a.join();
    await until(async () => (await a.row()).holder !== null);
    await second.leave('done');
    await until(() => again.state === 'granted');
    expect(third.state).toBe('waiting');
  });
});

describe('a worker that is gone', () => {
  /** A worker of its own, that can be cut off from the database: nothing of it is heard any more. */
  function otherWorker(options = QUICK) {
    const connection = Knex(databaseConfig(test.url, { poolSize: 1 }));
    return { queue: createSlotQueue(connection, options), die: () => connection.destroy() };
  }

  it('loses its slot after a while, and not before', async () => {
    const worker = otherWorker();
    const [a, b] = [await asker('a', { at: worker.queue }), await asker('b')];
    const lost = a.join();
    await until(() => lost.state === 'granted');
    const next = b.join();
    await until(async () => (await inLine()).length === 1);
    const diedAt = Date.now();
    await worker.die();
    await until(() => next.state === 'granted');
    expect(Date.now() - diedAt).toBeGreaterThan(TTL_MS / 2);
    await lost.leave('cancelled');
  });

  it('counts again when it turns out to have been asleep, so that nobody else is let in', async () => {
    const sleepy = otherWorker({ pollMs: 20, ttlMs: 1_000_000 }); // renews every four minutes
    const [a, b, c] = [await asker('a', { at: sleepy.queue }), await asker('b'), await asker('c')];
    const asleep = a.join();
    await until(() => asleep.state === 'granted');
    const second = b.join();
    await until(() => second.state === 'granted');
    const another = (await asker('d', { at: sleepy.queue })).join(); // makes it look
    await until(async () => (await a.row()).grantedAt !== null);
    await second.leave('done');
    const third = c.join();
    await until(async () => (await c.row()) !== undefined);
    expect([third.state, another.state]).toEqual(['waiting', 'waiting']);
    await Promise.all([asleep.leave('done'), another.leave('cancelled')]);
    await until(() => third.state === 'granted');
    await sleepy.die();
  });
});

describe('a cancelled operation', () => {
  it('is passed over at once, and its worker told', async () => {
    const [a, b, c] = [await asker('a'), await asker('b'), await asker('c')];
    const first = a.join();
    await until(() => first.state === 'granted');
    let told = 0;
    const cancelled = b.join(queue, () => (told += 1));
    const third = c.join();
    await until(async () => (await inLine()).length === 2);
    await b.operation.$query(database).patch({ cancelRequestedAt: new Date() });
    await until(() => told > 0);
    await first.leave('done');
    await until(() => third.state === 'granted');
    expect(cancelled.state).toBe('waiting');
  });
});

describe('what people see of a line', () => {
  it('is the place in it, and the time that past steps at this place foretell', async () => {
    await database('step_durations').insert({
      operation_type: 'provision',
      step: 'clone',
      node_id: catalog.nodes[0]?.id,
      storage: 'local-lvm',
      seconds: [90],
      median: 90,
    });
    const askers = await Promise.all(['a', 'b', 'c'].map((name) => asker(name)));
    const attempts = askers.map(({ join }) => join());
    const [, second, third] = askers;
    await until(async () => (await third?.note()) === 'Waiting for storage ceph: 2nd in line, about 3 min');
    expect(await second?.note()).toBe('Waiting for storage ceph: 1st in line, about 2 min');
    expect(await third?.row()).toMatchObject({ position: 2, etaSeconds: 180 });
    await attempts[0]?.leave('done');
    await until(async () => (await second?.note()) === null);
    expect(await second?.row()).toMatchObject({ position: null, etaSeconds: null });
  });
});

it('asks the database no more often when hundreds wait', async () => {
  const askers = await Promise.all(Array.from({ length: 300 }, (_, index) => asker(`a${index}`)));
  const connection = Knex(databaseConfig(test.url, { poolSize: 2 }));
  const calm = createSlotQueue(connection, { pollMs: 200 });
  let queries = 0;
  connection.on('query', () => (queries += 1));
  const attempts = askers.map(({ join }) => join(calm));
  await until(async () => (await inLine()).length === 299);
  await until(async () => (await askers.at(-1)?.note()) !== null);
  queries = 0;
  const since = Date.now();
  await until(() => queries >= 20);
  expect(queries / (Date.now() - since)).toBeLessThan(0.2); // in a second, at five rounds
  await Promise.all(attempts.map((attempt) => attempt.leave('cancelled')));
  await connection.destroy();
});
