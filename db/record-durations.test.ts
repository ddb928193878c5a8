import { afterAll, beforeAll, expect, it } from 'vitest';
import { queryRows } from './query-rows.ts';
import { recordDurations } from './record-durations.ts';
import { Node } from './models/node.ts';
import { OperationEvent } from './models/operation-event.ts';
import { buildAccount, buildCatalog, buildOperation, buildServer, type Catalog } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';
import type { OperationType } from '../contract/operation-table.ts';

let test: TestDatabase;
let catalog: Catalog;
beforeAll(async () => {
  test = await createTestDatabase();
  catalog = await buildCatalog(test.database, { nodes: 3 });
});
afterAll(async () => test.drop());

interface Step {
  type?: OperationType;
  step?: string;
  node?: Node | null;
  /** In line for a slot before it began, so long. */
  waited?: number;
}

/** A step that took so many seconds and ended well just now, and its record. */
async function took(seconds: number, { type = 'provision', step = 'clone', node, waited }: Step = {}) {
  const { database } = test;
  const account = await buildAccount(database);
  const nodeId = (node === undefined ? catalog.nodes[0] : node)?.id ?? null;
  const server = await buildServer(database, { account, catalog, nodeId });
  const operation = await buildOperation(database, { server, type, status: 'running', fence: 1 });
  const at = (secondsAgo: number) => new Date(1_800_000_000_000 - secondsAgo * 1_000);
  const event = async (seq: number, state: 'running' | 'succeeded', when: Date) =>
    OperationEvent.query(database).insertAndFetch({
      operationId: operation.id,
      fence: 1,
      seq,
      step,
      state,
      at: when,
    });
  await event(1, 'running', at(seconds + (waited ?? 0)));
  if (waited !== undefined)
    await database('slots').insert({
      operationId: operation.id,
      step,
      fence: 1,
      clusterId: catalog.cluster.id,
      resource: 'storage',
      name: 'ceph',
      grantedAt: at(seconds),
      releasedAt: at(0),
    });
  const { id } = await event(2, 'succeeded', at(0));
  await recordDurations(database, operation.id, [id]);
}

async function usual(
  { type = 'provision', step = 'clone', node = catalog.nodes[0] }: Step = {},
  storage = 'local-lvm',
) {
  const [row] = await queryRows<{ seconds: number | null }>(
    test.database,
    'select usual_seconds(?, ?, ?, ?) as seconds',
    [type, step, node?.id ?? null, storage],
  );
  return row?.seconds;
}

it('takes the median of what a step of this kind took on this node and storage', async () => {
  for (const seconds of [10, 500, 30, 20, 40]) await took(seconds, { step: 'configure' });
  expect(await usual({ step: 'configure' })).toBe(30);
});

it('forgets all but the last fifty', async () => {
  for (let index = 0; index < 50; index += 1) await took(5, { step: 'resize' });
  for (let index = 0; index < 26; index += 1) await took(9, { step: 'resize' });
  expect(await usual({ step: 'resize' })).toBe(9);
});

it('leaves out the time in line', async () => {
  await took(60, { step: 'start', waited: 3_600 });
  expect(await usual({ step: 'start' })).toBe(60);
});

it('takes all places together where nothing is known of this one, and nothing at all of another kind', async () => {
  const [one, two, three] = catalog.nodes as [Node, Node, Node];
  await took(100, { node: one });
  await took(200, { node: two });
  expect(await usual({ node: two })).toBe(200);
  expect(await usual({ node: three })).toBe(150);
  expect(await usual({ node: two }, 'ceph')).toBe(150);
  expect(await usual({ type: 'rebuild' })).toBeNull();
});

it('knows servers without a node', async () => {
  await took(7, { type: 'terminate', step: 'release', node: null });
  expect(await usual({ type: 'terminate', step: 'release' })).toBe(7);
});
