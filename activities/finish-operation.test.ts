import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFinishOperation, type OperationOutcome } from './finish-operation.ts';
import { Operation } from '../db/models/operation.ts';
import { OperationEvent } from '../db/models/operation-event.ts';
import { Secret } from '../db/models/secret.ts';
import { Server, type Lifecycle } from '../db/models/server.ts';
import { createSecretBox } from '../db/secrets.ts';
import { buildAccount, buildCatalog, buildOperation, buildServer } from '../tests/builders.ts';
import { askMeanwhile } from '../tests/ask-meanwhile.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';
import type { OperationType } from '../contract/operation-table.ts';

let test: TestDatabase;
let finishOperation: ReturnType<typeof createFinishOperation>;
beforeAll(async () => {
  test = await createTestDatabase();
  finishOperation = createFinishOperation(test);
});
afterAll(async () => test.drop());

const box = createSecretBox(randomBytes(32));
const secretOf = async (purpose: string) =>
  (await Secret.query(test.database).insertAndFetch({ purpose, ...box.seal('hunter2', purpose) })).id;

async function underWay(type: OperationType, lifecycle: Lifecycle) {
  const { database } = test;
  const account = await buildAccount(database);
  const server = await buildServer(database, {
    account,
    catalog: await buildCatalog(database),
    lifecycle,
    passwordSecretId: await secretOf('server-password'),
    userDataSecretId: await secretOf('user-data'),
  });
  const running = { server, type, status: 'running', fence: 2, percent: 50, note: 'soon' } as const;
  const { id } = await buildOperation(database, running);
  const claim = { operationId: id, serverId: server.id, fence: 2 };
  return {
    claim,
    record: server,
    finish: async (outcome: OperationOutcome['outcome'], rest: Partial<OperationOutcome> = {}) =>
      finishOperation({ ...claim, outcome, reports: [], ...rest }),
    operation: async () => Operation.query(database).findById(id).throwIfNotFound(),
    server: async () => Server.query(database).findById(server.id).throwIfNotFound(),
    secrets: async () =>
      Secret.query(database)
        .findByIds([server.passwordSecretId, server.userDataSecretId].map(String))
        .resultSize(),
  };
}

const ERROR = {
  code: 'task_failed',
  message: 'It did not work',
  cause: 'no luck',
  log: [] as string[],
} as const;

const LIFECYCLES: [OperationType, Lifecycle, OperationOutcome['outcome'], Lifecycle][] = [
  ['provision', 'provisioning', 'succeeded', 'active'],
  ['provision', 'provisioning', 'failed', 'failed'],
  ['provision', 'provisioning', 'cancelled', 'cancelled'],
  ['terminate', 'deleting', 'succeeded', 'deleted'],
  ['terminate', 'deleting', 'failed', 'failed'],
  ['start', 'active', 'succeeded', 'active'],
  ['stop', 'active', 'failed', 'active'],
  ['reboot', 'suspended', 'cancelled', 'suspended'],
];
it.each(LIFECYCLES)(
  'makes of a %s of a server that is %s and %s one that is %s',
  async (type, before, outcome, after) => {
    const { finish, operation, server } = await underWay(type, before);
    await finish(outcome, outcome === 'succeeded' ? {} : { error: ERROR });
    expect(await operation()).toMatchObject({
      status: outcome,
      percent: null,
      note: null,
      finishedAt: expect.any(Date),
    });
    const { lifecycle, deletedAt } = await server();
    expect([lifecycle, deletedAt !== null]).toEqual([after, after === 'deleted']);
  },
);

it('keeps why it failed', async () => {
  const { finish, operation } = await underWay('start', 'active');
  await finish('failed', { error: ERROR });
  expect(await operation()).toMatchObject({
    errorCode: 'task_failed',
    errorMessage: 'It did not work',
    errorCause: 'no luck',
  });
});

it('drops the password and user data once a server is built or gone, but not after a power action', async () => {
  for (const [type, lifecycle] of [
    ['provision', 'provisioning'],
    ['terminate', 'deleting'],
  ] as const) {
    const { finish, secrets, server } = await underWay(type, lifecycle);
    await finish('succeeded');
    expect(await secrets()).toBe(0);
    expect(await server()).toMatchObject({ passwordSecretId: null, userDataSecretId: null });
  }
  const { finish, secrets } = await underWay('start', 'active');
  await finish('succeeded');
  expect(await secrets()).toBe(2);
});

it('changes nothing when it is repeated, not even to another outcome', async () => {
  const { finish, operation, server, claim } = await underWay('provision', 'provisioning');
  const reports = [{ ...claim, seq: 9, step: 'ready', state: 'succeeded' } as const];
  await finish('succeeded', { reports });
  const before = [await operation(), await server()];
  await finish('succeeded', { reports });
  await finish('failed', { error: ERROR });
  expect([await operation(), await server()]).toEqual(before);
  const events = await OperationEvent.query(test.database).where({ operationId: claim.operationId });
  expect(events).toMatchObject([{ seq: 9, step: 'ready', state: 'succeeded' }]);
});

it('is not for a run that lost its claim', async () => {
  const { finish, operation, server } = await underWay('provision', 'provisioning');
  await finish('succeeded', { fence: 1 });
  expect(await operation()).toMatchObject({ status: 'running', finishedAt: null });
  expect(await server()).toMatchObject({ lifecycle: 'provisioning' });
});

it('ends nothing at all when a part of the end cannot be written', async () => {
  const { finish, operation, server } = await underWay('provision', 'provisioning');
  await expect(finish('failed')).rejects.toThrow('operations_check1'); // failed without a code
  expect(await operation()).toMatchObject({ status: 'running' });
  expect(await server()).toMatchObject({ lifecycle: 'provisioning' });
});

it('and a request for another operation of the server do not wait for each other', async () => {
  const { finish, operation, record } = await underWay('provision', 'provisioning');
  expect(await askMeanwhile(test.database, record, async () => finish('succeeded'))).toBe(false);
  expect(await operation()).toMatchObject({ status: 'succeeded' });
});
