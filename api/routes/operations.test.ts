import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Operation } from '../../contract/operations.ts';
import { OperationList } from '../../contract/servers.ts';
import type { Operation as OperationRow } from '../../db/models/operation.ts';
import {
  buildAccount,
  buildCatalog,
  buildOperation,
  buildServer,
  buildUser,
  type Catalog,
} from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { askMeanwhile } from '../../tests/ask-meanwhile.ts';
import { inEnglish, say } from '../../contract/sayings.ts';

let api: TestApi;
let catalog: Catalog;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database);
});
afterAll(async () => api.close());

async function someServer(overrides: object = {}) {
  const user = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner: user });
  const server = await buildServer(api.database, { account, catalog, ...overrides });
  return { server, user, account, token: await api.logIn(user) };
}

const startOf = (operation: OperationRow) => ({
  name: 'powerServer',
  workflowId: `server/${operation.serverId}`,
  memo: { operationId: operation.id, requestedBy: null, requestId: null },
  options: {},
});

describe('the steps of an operation', () => {
  it('tell the present note by its code, unless that is left from an earlier note', async () => {
    const { server, token } = await someServer({ lifecycle: 'active' });
    const noteSaid = say('waiting', { what: say('agent_not_yet') });
    const note = inEnglish(noteSaid);
    const operation = await buildOperation(api.database, {
      server,
      type: 'reboot',
      status: 'running',
      fence: 1,
      step: 'reboot',
      note,
      noteSaid,
    });
    await api
      .database('operation_events')
      .insert({ operationId: operation.id, fence: 1, seq: 1, step: 'reboot', state: 'running' });
    const step = async () =>
      Operation.parse((await api.call('GET', `/operations/${operation.id}`, { token })).body).steps[0];
    expect(await step()).toMatchObject({ message: note, said: noteSaid });
    await api.database('operations').where('id', operation.id).update({ note: 'Trying again' });
    expect(await step()).toMatchObject({ message: 'Trying again' });
    expect(await step()).not.toHaveProperty('said');
  });

  it('carry state, times, percentage, message and task, and those not reached yet are pending', async () => {
    const { server, token } = await someServer({ lifecycle: 'provisioning' });
    const operation = await buildOperation(api.database, {
      server,
      type: 'provision',
      status: 'running',
      startedAt: new Date(),
      fence: 1,
      step: 'clone',
      percent: 40,
      note: 'waiting for the storage',
    });
    const report = async (seq: number, step: string, state: string, message: string | null = null) =>
      api
        .database('operation_events')
        .insert({ operationId: operation.id, fence: 1, seq, step, state, message });
    await report(1, 'place', 'running');
    await report(2, 'place', 'succeeded', 'pve1 has the most room');
    await report(3, 'lease', 'skipped');
    await report(4, 'clone', 'running');
    await api
      .database('operation_tasks')
      .insert({ operationId: operation.id, step: 'clone', upid: 'UPID:pve1:…' });
    const view = Operation.parse((await api.call('GET', `/operations/${operation.id}`, { token })).body);
    expect(view.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'place succeeded',
      'lease skipped',
      'clone running',
      'configure pending',
      'resize pending',
      'start pending',
      'ready pending',
    ]);
    expect(view.steps[0]).toMatchObject({
      message: 'pve1 has the most room',
      startedAt: expect.any(String),
      finishedAt: expect.any(String),
    });
    expect(view.steps[2]).toMatchObject({
      percent: 40,
      message: 'waiting for the storage',
      task: 'UPID:pve1:…',
      finishedAt: null,
    });
  });

  it('say what they usually take, and where the running one stands in line, until the operation is over', async () => {
    const { server, token } = await someServer({ lifecycle: 'provisioning' });
    const operation = await buildOperation(api.database, {
      server,
      type: 'provision',
      status: 'running',
      fence: 1,
      step: 'clone',
    });
    const place = { nodeId: server.nodeId, storage: 'local-lvm' };
    for (const [step, median] of [
      ['clone', 83.04],
      ['ready', 12],
    ])
      await api
        .database('step_durations')
        .insert({ operationType: 'provision', step, ...place, seconds: [median], median });
    await api
      .database('operation_events')
      .insert({ operationId: operation.id, fence: 1, seq: 1, step: 'clone', state: 'running' });
    await api.database('slots').insert({
      operationId: operation.id,
      step: 'clone',
      fence: 1,
      clusterId: server.clusterId,
      resource: 'storage',
      name: 'local-lvm on pve1',
      position: 3,
      etaSeconds: 120,
    });
    const read = async () => {
      const { body } = await api.call('GET', `/operations/${operation.id}`, { token });
      const { steps } = Operation.parse(body);
      return steps.map(({ name, usualSeconds, queue }) => ({ name, usualSeconds, queue }));
    };
    const steps = await read();
    expect(steps[0]).toEqual({ name: 'place', usualSeconds: null, queue: null });
    expect(steps[2]).toEqual({ name: 'clone', usualSeconds: 83, queue: { position: 3, etaSeconds: 120 } });
    expect(steps.at(-1)).toEqual({ name: 'ready', usualSeconds: 12, queue: null });
    await operation.$query(api.database).patch({ status: 'cancelled', finishedAt: new Date() });
    for (const step of await read()) expect(step).toMatchObject({ usualSeconds: null, queue: null });
  });

  it('share the fate of an operation that ended in the middle of them', async () => {
    const { server, token } = await someServer({ lifecycle: 'failed' });
    const operation = await buildOperation(api.database, {
      server,
      type: 'provision',
      status: 'failed',
      finishedAt: new Date(),
      errorCode: 'task_failed',
      errorMessage: 'The copy failed.',
      errorCause: 'no space left on device',
    });
    await api
      .database('operation_events')
      .insert({ operationId: operation.id, fence: 1, seq: 1, step: 'clone', state: 'running' });
    const view = Operation.parse((await api.call('GET', `/operations/${operation.id}`, { token })).body);
    expect(view.error).toEqual({
      code: 'task_failed',
      message: 'The copy failed.',
      cause: 'no space left on device',
      log: [],
    });
    expect(view.steps.find(({ name }) => name === 'clone')).toMatchObject({
      state: 'failed',
      finishedAt: view.finishedAt,
    });
    expect(view.steps.find(({ name }) => name === 'ready')?.state).toBe('skipped');
  });
});

it("lists a server's operations newest first, page by page", async () => {
  const { server, token } = await someServer();
  for (let index = 0; index < 5; index += 1) {
    await buildOperation(api.database, {
      server,
      status: 'succeeded',
      finishedAt: new Date(),
      requestId: `r${index}`,
    });
  }
  const first = (await api.call('GET', `/servers/${server.id}/operations?limit=3`, { token })).body;
  const second = (
    await api.call('GET', `/servers/${server.id}/operations?limit=3&cursor=${first.nextCursor}`, { token })
  ).body;
  const ids = [...first.items, ...second.items].map(({ requestId }: Operation) => requestId);
  expect(ids).toEqual(['r4', 'r3', 'r2', 'r1', 'r0']);
  expect(second.nextCursor).toBeNull();
});

describe('the operations of all servers', () => {
  const list = async (token: string, query = '') => api.call('GET', `/operations${query}`, { token });
  const paused = { status: 'needs_attention', startedAt: new Date(), fence: 1 } as const;

  it('are listed by status for an administrator, page by page, without those that are over', async () => {
    const admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
    const wanted: string[] = [];
    for (const type of ['resize', 'terminate', 'suspend'] as const) {
      const { server } = await someServer();
      wanted.unshift((await buildOperation(api.database, { server, type, step: 'check', ...paused })).id);
      await buildOperation(api.database, { server, status: 'succeeded', finishedAt: new Date() });
    }
    const { server } = await someServer();
    const running = await buildOperation(api.database, { server, status: 'running', fence: 1 });
    const first = OperationList.parse((await list(admin, '?status=needs_attention&limit=2')).body);
    const cursor = `&cursor=${first.nextCursor}`;
    const second = OperationList.parse((await list(admin, `?status=needs_attention&limit=2${cursor}`)).body);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(wanted);
    expect(second.nextCursor).toBeNull();
    const all = OperationList.parse((await list(admin)).body).items;
    expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining([running.id, ...wanted]));
    expect(new Set(all.map(({ status }) => status))).not.toContain('succeeded');
  });

  it('are for everybody those of their own servers and of those shared with them', async () => {
    const own = await someServer();
    const shared = await someServer();
    const { server: others } = await someServer();
    const ids: string[] = [];
    for (const server of [own.server, shared.server, others]) {
      ids.push((await buildOperation(api.database, { server, status: 'running', fence: 1 })).id);
    }
    await api
      .database('serverGrants')
      .insert({ serverId: shared.server.id, userId: own.user.id, role: 'viewer' });
    const { items } = OperationList.parse((await list(own.token)).body);
    expect(items.map(({ id }) => id)).toEqual([ids[1], ids[0]]);
    expect(items[1]?.accountId).toBe(own.account.id);
  });

  it('that are over are listed newest first, of deleted servers too', async () => {
    const { server, token } = await someServer({ lifecycle: 'deleted', deletedAt: new Date() });
    const over = { server, finishedAt: new Date() };
    await buildOperation(api.database, { ...over, status: 'succeeded' });
    await buildOperation(api.database, { ...over, status: 'failed', errorCode: 'task_failed' });
    const statuses = async (query: string) =>
      OperationList.parse((await list(token, query)).body).items.map(({ status }) => status);
    expect(await statuses('?status=over')).toEqual(['failed', 'succeeded']);
    expect(await statuses('?status=failed')).toEqual(['failed']);
    expect(await statuses('')).toEqual([]);
  });

  it('of a deleted server are listed to those who could see it, and to nobody else', async () => {
    const { server, token } = await someServer({ lifecycle: 'deleted', deletedAt: new Date() });
    await buildOperation(api.database, {
      server,
      type: 'terminate',
      status: 'succeeded',
      finishedAt: new Date(),
    });
    const path = `/servers/${server.id}/operations`;
    const { items } = OperationList.parse((await api.call('GET', path, { token })).body);
    expect(items.map(({ type }) => type)).toEqual(['terminate']);
    const stranger = await someServer();
    expect((await api.call('GET', path, { token: stranger.token })).status).toBe(404);
  });

  it.each(['?status=gone', '?cursor=nonsense', '?limit=0', '?account=1'])('refuse %s', async (query) => {
    const admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
    expect((await list(admin, query)).body.code).toBe('invalid_input');
  });
});

describe('cancelling', () => {
  const cancel = async (token: string, id: string) => api.call('POST', `/operations/${id}/cancel`, { token });

  it('ends a pending order at once, giving back addresses and secrets', async () => {
    const { token } = await someServer();
    const order = {
      name: 'web-1',
      planId: catalog.plan.id,
      templateId: catalog.template.id,
      password: 'a long password',
    };
    const { server, operation } = (await api.call('POST', '/servers', { token, body: order })).body;
    const answer = await cancel(token, operation.id);
    expect(answer.status).toBe(202);
    expect(Operation.parse(answer.body)).toMatchObject({ status: 'cancelled', cancelRequested: true });
    expect((await api.call('GET', `/servers/${server.id}`, { token })).body).toMatchObject({
      status: 'cancelled',
      ipAddresses: [],
      operation: null,
    });
    expect(await api.database('secrets').where({ purpose: 'server-password' })).toEqual([]);
  });

  it('of a pending deletion makes the server what it was', async () => {
    const { server, token } = await someServer();
    const { operation } = (await api.call('DELETE', `/servers/${server.id}`, { token })).body;
    await cancel(token, operation.id);
    expect((await api.call('GET', `/servers/${server.id}`, { token })).body.status).toBe('running');
  });

  it('of a pending deletion and a request for another operation do not wait for each other', async () => {
    const { server, token } = await someServer();
    const { operation } = (await api.call('DELETE', `/servers/${server.id}`, { token })).body;
    expect(await askMeanwhile(api.database, server, async () => cancel(token, operation.id))).toBe(false);
    expect((await api.call('GET', `/operations/${operation.id}`, { token })).body.status).toBe('cancelled');
  });

  it('asks the workflow of a running operation, and only of that one', async () => {
    const { server, token } = await someServer();
    const operation = await buildOperation(api.database, {
      server,
      status: 'running',
      startedAt: new Date(),
    });
    api.temporal.started.push(startOf(operation));
    const answer = await cancel(token, operation.id);
    expect(answer.body).toMatchObject({ status: 'running', cancelRequested: true });
    expect(api.temporal.cancelled).toContain(`server/${server.id}`);

    const other = await someServer();
    const stale = await buildOperation(api.database, {
      server: other.server,
      status: 'running',
      startedAt: new Date(),
    });
    api.temporal.started.push({
      ...startOf(stale),
      memo: { operationId: operation.id, requestedBy: null, requestId: null },
    });
    expect((await cancel(other.token, stale.id)).status).toBe(202);
    expect(api.temporal.cancelled).not.toContain(`server/${other.server.id}`);
  });

  it('is accepted while Temporal is away', async () => {
    const { server, token } = await someServer();
    const operation = await buildOperation(api.database, {
      server,
      status: 'running',
      startedAt: new Date(),
    });
    api.temporal.isAway = true;
    const answer = await cancel(token, operation.id);
    api.temporal.isAway = false;
    expect([answer.status, answer.body.cancelRequested]).toEqual([202, true]);
  });

  it('is refused once the operation has ended', async () => {
    const { server, token } = await someServer();
    const operation = await buildOperation(api.database, {
      server,
      status: 'succeeded',
      finishedAt: new Date(),
    });
    const answer = await cancel(token, operation.id);
    expect([answer.status, answer.body.code]).toEqual([409, 'not_cancellable']);
    expect(answer.body.operation).toMatchObject({ id: operation.id, status: 'succeeded' });
  });
});

describe('deciding about an operation that needs attention', () => {
  const paused = { status: 'needs_attention', startedAt: new Date(), fence: 1 } as const;
  const decide = async (token: string, id: string, decision: string) =>
    api.call('POST', `/operations/${id}/decision`, { token, body: { decision } });

  it('records it and tells the workflow, which the view shows until it is taken', async () => {
    const { server, token } = await someServer();
    const operation = await buildOperation(api.database, {
      server,
      type: 'terminate',
      step: 'destroy',
      ...paused,
    });
    api.temporal.started.push(startOf(operation));
    const before = Operation.parse((await api.call('GET', `/operations/${operation.id}`, { token })).body);
    expect(before.decisions.map(({ decision }) => decision)).toEqual(['resume']);
    const answer = await decide(token, operation.id, 'resume');
    expect([answer.status, Operation.parse(answer.body).decision]).toEqual([202, 'resume']);
    expect(api.temporal.signalled).toContain(`server/${server.id}`);
    expect(await api.database('audit_log').where({ subjectId: operation.id })).toMatchObject([
      { action: 'operation.resume' },
    ]);
  });

  it('is accepted while Temporal is away', async () => {
    const { server, token } = await someServer();
    const operation = await buildOperation(api.database, {
      server,
      type: 'terminate',
      step: 'stop',
      ...paused,
    });
    api.temporal.isAway = true;
    const answer = await decide(token, operation.id, 'resume');
    api.temporal.isAway = false;
    expect([answer.status, answer.body.decision]).toEqual([202, 'resume']);
  });

  it.each([
    ['skip', 'disk'],
    ['roll_back', 'configure'],
  ])('leaves %s to administrators', async (decision, step) => {
    const { server, token } = await someServer();
    const operation = await buildOperation(api.database, { server, type: 'resize', step, ...paused });
    expect(await decide(token, operation.id, decision)).toMatchObject({ status: 403 });
    const admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
    expect(await decide(admin, operation.id, decision)).toMatchObject({ status: 202, body: { decision } });
  });

  it('refuses what the step does not allow, and anything while the operation runs', async () => {
    const { server, token } = await someServer();
    const operation = await buildOperation(api.database, {
      server,
      type: 'terminate',
      step: 'destroy',
      ...paused,
    });
    expect(await decide(token, operation.id, 'roll_back')).toMatchObject({
      status: 409,
      body: { code: 'not_paused', operation: { id: operation.id } },
    });
    await operation.$query(api.database).patch({ status: 'running' });
    expect((await decide(token, operation.id, 'resume')).body.title).toMatch(/does not wait for a decision/);
  });

  it('is nobody else\u2019s', async () => {
    const { server } = await someServer();
    const { token } = await someServer();
    const operation = await buildOperation(api.database, {
      server,
      type: 'terminate',
      step: 'stop',
      ...paused,
    });
    expect(await decide(token, operation.id, 'resume')).toMatchObject({ status: 404 });
  });
});

it('does not cancel what has passed its step of no return, and says why', async () => {
  const { server, token } = await someServer({ lifecycle: 'deleting' });
  const operation = await buildOperation(api.database, {
    server,
    type: 'terminate',
    step: 'destroy',
    status: 'running',
    startedAt: new Date(),
  });
  const answer = await api.call('POST', `/operations/${operation.id}/cancel`, { token });
  expect([answer.status, answer.body.detail]).toEqual([409, 'The disks are being erased.']);
});
