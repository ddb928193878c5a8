import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accepted, Server } from '../../contract/servers.ts';
import {
  buildAccount,
  buildCatalog,
  buildOperation,
  buildServer,
  buildUser,
  type Catalog,
} from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { Operation } from '../../db/models/operation.ts';

let api: TestApi;
let catalog: Catalog;
let admin: string;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database);
  admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
});
afterAll(async () => api.close());

async function someServer(overrides: object = {}) {
  const user = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner: user });
  const server = await buildServer(api.database, { account, catalog, name: 'web-1', ...overrides });
  return { server, token: await api.logIn(user), path: `/servers/${server.id}` };
}

const suspend = (path: string, reason: unknown = 'Overdue on payment', token = admin) =>
  api.call('POST', `${path}/suspend`, { token, body: { reason } });
const SUSPENDED = { lifecycle: 'suspended', suspendReason: 'Abuse', powerState: 'stopped' };

describe('suspending a server', () => {
  it('is accepted from an administrator and tells the workflow the reason by the record', async () => {
    const { server, path } = await someServer();
    const answer = await suspend(path);
    expect(answer.status).toBe(202);
    const { operation } = Accepted.parse(answer.body);
    expect(operation).toMatchObject({ type: 'suspend', status: 'pending', cancel: { by: 'admin' } });
    expect(await Operation.query(api.database).findById(operation.id)).toMatchObject({
      params: { reason: 'Overdue on payment', force: true, timeoutSeconds: 60 },
    });
    expect(api.temporal.started.find(({ memo }) => memo.operationId === operation.id)).toMatchObject({
      name: 'suspendServer',
      workflowId: `server/${server.id}`,
    });
    const second = await suspend(path);
    expect([second.status, second.body.code, second.body.operation.id]).toEqual([
      409,
      'server_busy',
      operation.id,
    ]);
  });

  it('is not for customers, who cannot cancel it or decide about it either', async () => {
    const { server, token, path } = await someServer();
    expect((await suspend(path, 'Just so', token)).status).toBe(403);
    const operation = await buildOperation(api.database, { server, type: 'suspend', status: 'running' });
    const cancelled = await api.call('POST', `/operations/${operation.id}/cancel`, { token });
    expect([cancelled.status, cancelled.body.code]).toEqual([403, 'forbidden']);
    await operation.$query(api.database).patch({ status: 'needs_attention', step: 'shutdown' });
    const body = { decision: 'resume' };
    const decided = await api.call('POST', `/operations/${operation.id}/decision`, { token, body });
    expect(decided.status).toBe(403);
    const asAdmin = await api.call('POST', `/operations/${operation.id}/cancel`, { token: admin });
    expect(asAdmin.status).toBe(202);
  });

  it('does not tell a customer to cancel what only an administrator may', async () => {
    const { server, token, path } = await someServer();
    await buildOperation(api.database, { server, type: 'suspend', status: 'running' });
    const body = { action: 'reboot' };
    const detailFor = async (who: string) =>
      (await api.call('POST', `${path}/actions`, { token: who, body })).body.detail;
    expect(await detailFor(token)).toBe('Wait for it to finish; only your provider can cancel it.');
    expect(await detailFor(admin)).toBe('Wait for it to finish, or cancel it.');
  });

  it.each([[''], ['no'], ['x'.repeat(501)], [7], [undefined]])('refuses the reason %j', async (reason) => {
    const { path } = await someServer();
    const answer = await api.call('POST', `${path}/suspend`, { token: admin, body: { reason } });
    expect([answer.status, answer.body.issues[0].field]).toEqual([422, 'reason']);
  });

  it('changes only the reason of one that is suspended, at once, and once', async () => {
    const { server, token, path } = await someServer(SUSPENDED);
    const answer = await suspend(path, 'Abuse, case 4711');
    expect([answer.status, Server.parse(answer.body).suspendReason]).toEqual([200, 'Abuse, case 4711']);
    await suspend(path, 'Abuse, case 4711');
    expect(await api.database('audit_log').where({ subjectId: server.id })).toMatchObject([
      { action: 'server.suspend', details: { reason: 'Abuse, case 4711', formerReason: 'Abuse' } },
    ]);
    expect((await api.call('GET', path, { token })).body.suspendReason).toBe('Abuse, case 4711');
    await buildOperation(api.database, { server, type: 'unsuspend', status: 'running' });
    expect((await suspend(path, 'Too late')).body.code).toBe('server_busy');
  });

  it.each(['failed', 'deleting'] as const)('is refused while it is %s', async (lifecycle) => {
    const { path } = await someServer({ lifecycle });
    expect((await suspend(path)).body.code).toBe('invalid_state');
  });
});

describe('a suspended server', () => {
  it('refuses to be started and says why', async () => {
    const { token, path } = await someServer(SUSPENDED);
    const body = { action: 'start' };
    const answer = await api.call('POST', `${path}/actions`, { token, body });
    expect(answer.body).toMatchObject({
      status: 409,
      code: 'invalid_state',
      title: 'web-1 cannot do this while it is suspended (Abuse).',
      detail: 'Ask your provider to lift the suspension.',
    });
  });

  it('that somebody has started on Proxmox is shown as suspended, and that it runs', async () => {
    const { token, path } = await someServer({ ...SUSPENDED, powerState: 'running' });
    const { status, powerState } = Server.parse((await api.call('GET', path, { token })).body);
    expect([status, powerState]).toEqual(['suspended', 'running']);
  });

  it('is given back by an administrator', async () => {
    const { token, path } = await someServer(SUSPENDED);
    expect((await api.call('POST', `${path}/unsuspend`, { token })).status).toBe(403);
    const answer = await api.call('POST', `${path}/unsuspend`, { token: admin });
    expect([answer.status, answer.body.operation.type]).toEqual([202, 'unsuspend']);
  });
});

it('only a suspended server can be given back', async () => {
  const { path } = await someServer();
  const answer = await api.call('POST', `${path}/unsuspend`, { token: admin });
  expect([answer.status, answer.body.title]).toEqual([409, 'web-1 is not suspended.']);
});
