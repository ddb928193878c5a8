import { Client, Connection } from '@temporalio/client';
import bunyan from 'bunyan';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { serverWorkflowId } from '../contract/temporal.ts';
import { Operation } from '../db/models/operation.ts';
import { Secret } from '../db/models/secret.ts';
import { Server } from '../db/models/server.ts';
import type { Deps, Temporal } from './deps.ts';
import { prune } from './prune.ts';
import { startOperation, type StartableOperation } from './start-operation.ts';
import { sweepCancels, sweepDecisions, sweepPending } from './sweep-pending.ts';
import { sweepLost } from './sweep-lost.ts';
import { startSweeper } from './sweeper.ts';
import {
  buildAccount,
  buildCatalog,
  buildOperation,
  buildServer,
  buildUser,
  type Catalog,
} from '../tests/builders.ts';
import { askMeanwhile } from '../tests/ask-meanwhile.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';
import { until } from '../tests/until.ts';

/** From the SDK (before the call, or during it) or from our own timer, whichever comes first. */
const AWAY = /ECONNREFUSED|DEADLINE|did not answer|connect|Failed to (describe|start)/i;
const log = bunyan.createLogger({ name: 'test', streams: [] });
let test: TestDatabase;
let catalog: Catalog;
let client: Client;
let deps: Pick<Deps, 'database' | 'temporal' | 'log'>;
/** As when no Temporal server is there. */
let nowhere: Temporal;
const connections: Connection[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  catalog = await buildCatalog(test.database);
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  // Without the interceptor that tries again: its timer would outlive the connection, and this file.
  const lost = Connection.lazy({ address: '127.0.0.1:1', interceptors: [] });
  connections.push(connection, lost);
  client = new Client({ connection });
  nowhere = new Client({ connection: lost });
  deps = { database: test.database, temporal: client, log };
});
afterAll(async () => {
  for (const connection of connections) await connection.close();
  await test.drop();
});

async function someOperation(overrides: Partial<Operation> = {}, serverOverrides: Partial<Server> = {}) {
  const { database } = test;
  const account = await buildAccount(database);
  const server = await buildServer(database, { account, catalog, ...serverOverrides });
  return buildOperation(database, { server, createdAt: new Date(Date.now() - 10_000), ...overrides });
}

const startable = (operation: Operation): StartableOperation => ({
  id: operation.id,
  type: operation.type,
  serverId: operation.serverId,
  serverName: 'web-1',
  accountId: operation.accountId,
  requestedBy: null,
  requestId: 'req-7',
});
const describeRun = async (operation: Operation) =>
  client.workflow.getHandle(serverWorkflowId(operation.serverId)).describe();
const reload = async ({ id }: Operation) => Operation.query(test.database).findById(id).throwIfNotFound();
const fresh = () => ({ notBefore: new Map<string, number>() });
const running = { status: 'running', fence: 1, startedAt: new Date(Date.now() - 120_000) } as const;

describe('startOperation', () => {
  it('starts the workflow with memo, search attributes and summary, and only once', async () => {
    const operation = await someOperation({ type: 'reboot' });
    expect(await startOperation(client, startable(operation))).toBe('started');
    expect(await startOperation(client, startable(operation))).toBe('already_started');
    const run = await describeRun(operation);
    expect(run.type).toBe('powerServer');
    expect(run.memo).toEqual({ operationId: operation.id, requestedBy: null, requestId: 'req-7' });
    const attributes = Object.fromEntries(
      run.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
    );
    expect(attributes).toMatchObject({
      ServerId: operation.serverId,
      OperationId: operation.id,
      OperationType: 'reboot',
    });
    expect(await run.staticSummary()).toBe('reboot web-1');
  });

  it('puts it on the task queue of its installation', async () => {
    const operation = await someOperation();
    await startOperation(client, startable(operation), 'blue-');
    expect((await describeRun(operation)).taskQueue).toBe('blue-servers');
  });

  it("says busy while another operation's workflow holds the server", async () => {
    const operation = await someOperation();
    await startOperation(client, startable(operation));
    expect(await startOperation(client, { ...startable(operation), id: crypto.randomUUID() })).toBe('busy');
  });

  it('gives up on a Temporal that is away within seconds', async () => {
    const operation = await someOperation();
    const startedAt = performance.now();
    await expect(startOperation(nowhere, startable(operation))).rejects.toThrow(AWAY);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    await operation.$query(test.database).delete();
  });
});

describe('the sweep of pending operations', () => {
  it('starts what was left, once, however many processes sweep', async () => {
    const operations = await Promise.all([
      someOperation(),
      someOperation(),
      someOperation({ createdAt: new Date() }),
    ]);
    const started = await Promise.all([1, 2, 3].map(async () => sweepPending(deps, fresh(), 3_000)));
    const mine = operations.slice(0, 2);
    for (const operation of mine) {
      expect((await describeRun(operation)).memo).toMatchObject({ operationId: operation.id });
    }
    expect(started.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(mine.length);
    await expect(describeRun(operations[2] as Operation)).rejects.toThrow(/not found/i);
  });

  it('does nothing while Temporal is away, and catches up when it is back', async () => {
    const operation = await someOperation();
    const memory = fresh();
    await expect(sweepPending({ ...deps, temporal: nowhere }, memory, 3_000)).rejects.toThrow(AWAY);
    expect((await reload(operation)).status).toBe('pending');
    await sweepPending(deps, memory, 3_000);
    expect((await describeRun(operation)).status.name).toBe('RUNNING');
  });

  it('runs by itself and stops when told to', async () => {
    const operation = await someOperation();
    const sweeper = startSweeper(deps, { everyMs: 20 });
    await until(async () =>
      describeRun(operation).then(
        () => true,
        () => false,
      ),
    );
    await sweeper.stop();
  });
});

it('passes on a cancel that Temporal did not hear of', async () => {
  const operation = await someOperation(running);
  await startOperation(client, startable(operation));
  await operation.$query(test.database).patch({ cancelRequestedAt: new Date(Date.now() - 10_000) });
  await sweepCancels(deps, fresh(), 3_000);
  const { events } = await client.workflow.getHandle(serverWorkflowId(operation.serverId)).fetchHistory();
  expect(events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes)).toBe(true);
});

it('tells a workflow of a decision that Temporal did not hear of', async () => {
  const operation = await someOperation({
    ...running,
    status: 'needs_attention',
    type: 'terminate',
    step: 'stop',
  });
  await startOperation(client, startable(operation));
  const decidedAt = new Date(Date.now() - 10_000);
  await operation.$query(test.database).patch({ decision: 'resume', decidedAt });
  await sweepDecisions(deps, fresh(), 3_000);
  const { events } = await client.workflow.getHandle(serverWorkflowId(operation.serverId)).fetchHistory();
  expect(events?.some((event) => event.workflowExecutionSignaledEventAttributes)).toBe(true);
});

describe('the sweep of lost workflows', () => {
  it('fails an operation whose workflow was terminated, on the second look', async () => {
    const operation = await someOperation({ ...running, type: 'provision' }, { lifecycle: 'provisioning' });
    await startOperation(client, startable(operation));
    const suspects = new Map<string, number>();
    expect(await sweepLost(deps, suspects, 60_000)).toBe(0);
    expect(suspects.has(operation.id)).toBe(false);
    await client.workflow.getHandle(serverWorkflowId(operation.serverId)).terminate('by a person');
    await sweepLost(deps, suspects, 60_000);
    expect((await reload(operation)).status).toBe('running');
    await sweepLost(deps, suspects, 60_000);
    expect(await reload(operation)).toMatchObject({ status: 'failed', errorCode: 'workflow_lost', fence: 2 });
    const server = await Server.query(test.database).findById(operation.serverId);
    expect(server?.lifecycle).toBe('failed');
  });

  it('and a request for another operation of the server do not wait for each other', async () => {
    const operation = await someOperation({ ...running, type: 'provision' }, { lifecycle: 'provisioning' });
    const server = await Server.query(test.database).findById(operation.serverId).throwIfNotFound();
    const suspects = new Map<string, number>();
    await sweepLost(deps, suspects, 60_000);
    expect(await askMeanwhile(test.database, server, async () => sweepLost(deps, suspects, 60_000))).toBe(
      false,
    );
    expect(await reload(operation)).toMatchObject({ status: 'failed', errorCode: 'workflow_lost' });
  });

  it('fails one whose workflow Temporal does not know, and leaves a power operation’s server alone', async () => {
    const operation = await someOperation({ ...running, runId: crypto.randomUUID() });
    const suspects = new Map<string, number>();
    for (let look = 0; look < 2; look += 1) await sweepLost(deps, suspects, 60_000);
    expect((await reload(operation)).errorCode).toBe('workflow_lost');
    expect((await Server.query(test.database).findById(operation.serverId))?.lifecycle).toBe('active');
  });

  it('drops the password that was held for one that is lost', async () => {
    const sealed = { purpose: 'test', keyId: 'none', nonce: Buffer.alloc(12), ciphertext: Buffer.alloc(16) };
    const { id: passwordSecretId } = await Secret.query(test.database).insertAndFetch(sealed);
    await someOperation({ ...running, type: 'reset_password', params: { passwordSecretId } });
    const suspects = new Map<string, number>();
    for (let look = 0; look < 2; look += 1) await sweepLost(deps, suspects, 60_000);
    expect(await Secret.query(test.database).findById(passwordSecretId)).toBeUndefined();
  });

  it('spares an operation that was claimed anew between the looks, and young ones', async () => {
    const operation = await someOperation(running);
    const young = await someOperation({ ...running, startedAt: new Date() });
    const suspects = new Map<string, number>();
    await sweepLost(deps, suspects, 60_000);
    await operation.$query(test.database).patch({ fence: 2 });
    await sweepLost(deps, suspects, 60_000);
    expect((await reload(operation)).status).toBe('running');
    expect((await reload(young)).status).toBe('running');
    await operation.$query(test.database).delete();
  });

  it('concludes nothing from a Temporal that is away', async () => {
    const operation = await someOperation(running);
    const suspects = new Map<string, number>();
    for (let look = 0; look < 2; look += 1) {
      await expect(sweepLost({ ...deps, temporal: nowhere }, suspects, 60_000)).rejects.toThrow(AWAY);
    }
    expect((await reload(operation)).status).toBe('running');
  });
});

it('prunes what has served its time and nothing else', async () => {
  const { database } = test;
  const user = await buildUser(database);
  const old = new Date(Date.now() - 8 * 86_400_000);
  await database('idempotency_keys').insert([
    { userId: user.id, key: 'old', requestHash: 'x', createdAt: old },
    { userId: user.id, key: 'new', requestHash: 'x' },
  ]);
  await database('sessions').insert([
    { userId: user.id, expiresAt: old },
    { userId: user.id, expiresAt: new Date(Date.now() + 1000) },
  ]);
  await database('password_links').insert([
    { tokenHash: 'old', userId: user.id, expiresAt: old },
    { tokenHash: 'new', userId: user.id, expiresAt: new Date() },
  ]);
  const mail = { userId: user.id, language: 'en', site: 'https://cloud.example.test' };
  await database('mails').insert([
    { ...mail, expiresAt: old },
    { ...mail, expiresAt: new Date() },
  ]);
  await database('events').update({ at: old });
  await prune(database);
  expect(await database('idempotency_keys').pluck('key')).toEqual(['new']);
  expect(await database('sessions')).toHaveLength(1);
  expect(await database('password_links').pluck('token_hash')).toEqual(['new']);
  expect(await database('mails').where({ userId: user.id })).toHaveLength(1);
  expect(await database('events')).toHaveLength(0);
});
