import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClaimOperation } from './claim-operation.ts';
import { Operation } from '../db/models/operation.ts';
import { buildAccount, buildCatalog, buildOperation, buildServer } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';

let test: TestDatabase;
let claimOperation: ReturnType<typeof createClaimOperation>;
beforeAll(async () => {
  test = await createTestDatabase();
  claimOperation = createClaimOperation(test);
});
afterAll(async () => test.drop());

async function someOperation(overrides: Partial<Operation> = {}) {
  const { database } = test;
  const account = await buildAccount(database);
  const server = await buildServer(database, {
    account,
    catalog: await buildCatalog(database),
    name: 'web-1',
  });
  const operation = await buildOperation(database, { server, ...overrides });
  const input = { operationId: operation.id, serverId: server.id };
  return { input, stored: async () => Operation.query(database).findById(operation.id).throwIfNotFound() };
}

it('takes a pending operation and says what is asked for', async () => {
  const { input, stored } = await someOperation({ type: 'shutdown', params: { force: true } });
  expect(await claimOperation({ ...input, runId: 'run' })).toEqual({
    fence: 1,
    type: 'shutdown',
    serverName: 'web-1',
    params: { force: true },
    cancelRequested: false,
  });
  expect(await stored()).toMatchObject({ status: 'running', runId: 'run', startedAt: expect.any(Date) });
});

it('gives a second run nothing', async () => {
  const { input, stored } = await someOperation();
  await claimOperation({ ...input, runId: 'first' });
  expect(await claimOperation({ ...input, runId: 'second' })).toBeNull();
  expect(await stored()).toMatchObject({ fence: 1, runId: 'first' });
});

it('gives the same run the same fence again when its answer was lost', async () => {
  const { input, stored } = await someOperation();
  const first = await claimOperation({ ...input, runId: 'run' });
  const { startedAt } = await stored();
  expect(await claimOperation({ ...input, runId: 'run' })).toEqual(first);
  expect(await stored()).toMatchObject({ fence: 1, startedAt });
});

it('lets one of many runs win that start at once', async () => {
  const { input } = await someOperation();
  const runs = Array.from({ length: 8 }, async () => claimOperation({ ...input, runId: randomUUID() }));
  expect((await Promise.all(runs)).filter((it) => it !== null)).toHaveLength(1);
});

it('raises the fence when an operation was put back', async () => {
  const { input } = await someOperation({ fence: 4 });
  expect(await claimOperation({ ...input, runId: 'run' })).toMatchObject({ fence: 5 });
});

it.each(['succeeded', 'cancelled'] as const)('leaves one alone that is %s', async (status) => {
  const { input, stored } = await someOperation({ status, finishedAt: new Date() });
  expect(await claimOperation({ ...input, runId: 'run' })).toBeNull();
  expect(await stored()).toMatchObject({ status, fence: 0, runId: null, startedAt: null });
});

it('passes on that a cancel was asked for before it started', async () => {
  const { input } = await someOperation({ cancelRequestedAt: new Date() });
  expect(await claimOperation({ ...input, runId: 'run' })).toMatchObject({ cancelRequested: true });
});
