import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Server } from '../../contract/servers.ts';
import {
  buildApiToken,
  buildCatalog,
  buildMember,
  buildOperation,
  buildServer,
  buildUser,
  type Catalog,
} from '../../tests/builders.ts';
import { loggedInCustomer, startTestApi, type TestApi } from '../../tests/api.ts';

let api: TestApi;
let catalog: Catalog;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database, { addresses: 200 });
});
afterAll(async () => api.close());

describe('changing a server', () => {
  async function serverOf(overrides: Parameters<typeof buildServer>[1] | object = {}) {
    const customer = await loggedInCustomer(api);
    const server = await buildServer(api.database, { account: customer.account, catalog, ...overrides });
    return { ...customer, server };
  }

  it('accepts an action and tells the workflow which', async () => {
    const { token, server } = await serverOf();
    const body = { action: 'shutdown', force: true, timeoutSeconds: 30 };
    const answer = await api.call('POST', `/servers/${server.id}/actions`, { token, body });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ server: { status: 'running', operation: { type: 'shutdown' } } });
    const operation = await api.database('operations').where({ id: answer.body.operation.id }).first();
    expect(operation.params).toEqual({ force: true, timeoutSeconds: 30 });
    const started = api.temporal.started.find(({ memo }) => memo.operationId === operation.id);
    expect(started).toMatchObject({ name: 'powerServer', options: { args: [{ action: 'shutdown' }] } });
  });

  it('refuses options the action does not have', async () => {
    const { token, server } = await serverOf();
    const body = { action: 'stop', force: true, timeoutSeconds: 30 };
    const answer = await api.call('POST', `/servers/${server.id}/actions`, { token, body });
    expect(answer.body.issues.map(({ field }: { field: string }) => field)).toEqual([
      'force',
      'timeoutSeconds',
    ]);
  });

  it('lets one of two actions at once through, and names it to the other', async () => {
    const { token, server } = await serverOf();
    const act = async (action: string) =>
      api.call('POST', `/servers/${server.id}/actions`, { token, body: { action } });
    const answers = await Promise.all([act('reboot'), act('stop')]);
    const accepted = answers.find(({ status }) => status === 202);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body).toMatchObject({
      code: 'server_busy',
      operation: { id: accepted?.body.operation.id, type: accepted?.body.operation.type, status: 'pending' },
    });
    expect((await api.call('DELETE', `/servers/${server.id}`, { token })).body.code).toBe('server_busy');
  });

  it.each([
    ['provisioning', 'Wait until it has been built.'],
    ['failed', 'delete it'],
    ['cancelled', 'order another'],
    ['suspended', 'suspension'],
  ] as const)('refuses an action on a server that is %s, saying what to do', async (lifecycle, advice) => {
    const { token, server } = await serverOf({ lifecycle });
    const answer = await api.call('POST', `/servers/${server.id}/actions`, {
      token,
      body: { action: 'start' },
    });
    expect([answer.status, answer.body.code]).toEqual([409, 'invalid_state']);
    expect(answer.body.detail).toContain(advice);
    expect(await api.database('operations').where({ serverId: server.id })).toHaveLength(0);
  });

  it.each(['active', 'failed', 'cancelled', 'suspended', 'provisioning', 'deleting'] as const)(
    'deletes a server that is %s',
    async (lifecycle) => {
      const { token, server } = await serverOf({ lifecycle });
      const answer = await api.call('DELETE', `/servers/${server.id}`, { token });
      expect(answer.status).toBe(202);
      expect(answer.body).toMatchObject({ server: { status: 'deleting' }, operation: { type: 'terminate' } });
    },
  );

  it('hides a deleted server and keeps its operations readable', async () => {
    const { token, server } = await serverOf({ lifecycle: 'deleted', deletedAt: new Date() });
    const operation = await buildOperation(api.database, {
      server,
      status: 'succeeded',
      finishedAt: new Date(),
    });
    for (const method of ['GET', 'DELETE'] as const)
      expect((await api.call(method, `/servers/${server.id}`, { token })).status).toBe(404);
    const { body } = await api.call('GET', `/servers/${server.id}/operations`, { token });
    expect(body.items).toMatchObject([{ id: operation.id }]);
    expect((await api.call('GET', '/servers', { token })).body.items).toEqual([]);
    expect((await api.call('GET', `/operations/${operation.id}`, { token })).body).toMatchObject({
      serverName: server.name,
    });
  });

  it("answers 404 for someone else's server and operation, and lets an admin in", async () => {
    const { server } = await serverOf();
    const operation = await buildOperation(api.database, { server });
    const { token } = await loggedInCustomer(api);
    const admin = await api.logIn(await buildUser(api.database, { role: 'admin' }));
    const calls = [
      ['GET', `/servers/${server.id}`],
      ['GET', `/servers/${server.id}/operations`],
      ['GET', `/operations/${operation.id}`],
      ['DELETE', `/servers/${server.id}`],
      ['POST', `/servers/${server.id}/actions`, { action: 'start' }],
      ['POST', `/operations/${operation.id}/cancel`],
    ] as const;
    for (const [method, path, body] of calls) {
      const options = body ? { body } : {};
      expect((await api.call(method, path, { token, ...options })).body.code).toBe('not_found');
      expect((await api.call(method, path, { token: admin, ...options })).status).not.toBe(404);
    }
  });
});

describe('updating a server', () => {
  async function someServer(overrides: Parameters<typeof buildServer>[1] | object = {}) {
    const customer = await loggedInCustomer(api);
    const server = await buildServer(api.database, { account: customer.account, catalog, ...overrides });
    return { ...customer, server, path: `/servers/${server.id}` };
  }

  it('renames it at once, says so in the audit log, and does nothing else', async () => {
    const { token, server, path } = await someServer({ name: 'before' });
    const answer = await api.call('PATCH', path, { token, body: { name: ' After ' } });
    expect([answer.status, answer.body.name]).toEqual([200, 'after']);
    expect((await api.call('GET', path, { token })).body).toEqual(answer.body);
    expect(await api.database('audit_log').where({ subjectId: server.id })).toMatchObject([
      { action: 'server.update', details: { name: 'after', formerName: 'before' } },
    ]);
    expect(await api.database('operations').where({ serverId: server.id })).toEqual([]);
  });

  it('is protected by those who may delete it, not by operators or their kind of token', async () => {
    const { user, account } = await loggedInCustomer(api);
    const { id } = await buildServer(api.database, { account, catalog });
    const operator = await api.logIn(await buildMember(api.database, { account, role: 'operator' }));
    const ofOwner = await buildApiToken(api.database, user, { permission: 'operate' });
    for (const token of [operator, ofOwner]) {
      const patch = async (body: object) =>
        (await api.call('PATCH', `/servers/${id}`, { token, body })).status;
      expect([await patch({ deleteProtection: true }), await patch({ labels: {} })]).toEqual([403, 200]);
    }
  });

  it('is told to open dashboards, also the protection', async () => {
    const { token, server, path } = await someServer();
    await api.database('events').where({ serverId: server.id }).delete();
    await api.call('PATCH', path, { token, body: { deleteProtection: true } });
    expect(await api.database('events').where({ serverId: server.id })).toHaveLength(1);
    await api.call('PATCH', path, { token, body: { deleteProtection: true } });
    expect(await api.database('events').where({ serverId: server.id })).toHaveLength(1);
    expect(await api.database('audit_log').where({ subjectId: server.id })).toHaveLength(1);
  });

  it('replaces its labels, as they are, and protects it against rebuilding', async () => {
    const { token, server, path } = await someServer();
    await api.call('PATCH', path, { token, body: { labels: { team: 'web', 'cost/centre': '4711 – Köln' } } });
    const body = { labels: { team: 'db', note: '' }, rebuildProtection: true };
    const answer = await api.call('PATCH', path, { token, body });
    expect(Server.parse(answer.body)).toMatchObject(body);
    await api.call('PATCH', path, { token, body });
    expect(await api.database('audit_log').where({ subjectId: server.id }).orderBy('id')).toMatchObject([
      { details: { labels: { team: 'web', 'cost/centre': '4711 – Köln' } } },
      { action: 'server.update', details: body },
    ]);
    const cleared = await api.call('PATCH', path, { token, body: { labels: {} } });
    expect(cleared.body).toMatchObject({ labels: {}, rebuildProtection: true });
  });

  it('is done once under an Idempotency-Key', async () => {
    const { token, server, path } = await someServer();
    const once = { token, headers: { 'Idempotency-Key': `update-${server.id}` }, body: { name: 'once' } };
    const first = await api.call('PATCH', path, once);
    await api.call('PATCH', path, { token, body: { name: 'later' } });
    expect((await api.call('PATCH', path, once)).body).toEqual(first.body);
    expect((await api.call('GET', path, { token })).body.name).toBe('later');
    const other = await api.call('PATCH', path, { ...once, body: { name: 'other' } });
    expect(other.body.code).toBe('idempotency_key_reused');
  });

  it.each([
    ['an empty body', {}, ''],
    ['no body at all', undefined, ''],
    ['an unknown field', { name: 'fine', planId: 'x' }, 'planId'],
    ['a name that is none', { name: 'not a name' }, 'name'],
    ['a protection that is neither on nor off', { deleteProtection: null }, 'deleteProtection'],
    ['a label whose key is none', { labels: { 'Team A': 'x' } }, 'labels.Team A'],
    ['a label whose value is none', { labels: { team: 7 } }, 'labels.team'],
    ['a label that is too long', { labels: { team: 'x'.repeat(256) } }, 'labels.team'],
    ['a label with a line break', { labels: { team: 'a\nb' } }, 'labels.team'],
    [
      'too many labels',
      { labels: Object.fromEntries([...Array(51).keys()].map((n) => [`k${n}`, ''])) },
      'labels',
    ],
  ])('refuses %s and changes nothing', async (_what, body, field) => {
    const { token, server, path } = await someServer();
    const answer = await api.call('PATCH', path, { token, body });
    expect([answer.status, answer.body.code, answer.body.issues[0].field]).toEqual([
      422,
      'invalid_input',
      field,
    ]);
    expect(await api.database('servers').where({ id: server.id }).first()).toMatchObject({
      name: server.name,
    });
  });

  it('is for its owner alone, and for nobody once it is deleted', async () => {
    const { token, server, path } = await someServer();
    const stranger = await loggedInCustomer(api);
    const body = { deleteProtection: true };
    expect((await api.call('PATCH', path, { token: stranger.token, body })).status).toBe(404);
    expect((await api.call('PATCH', path, { body })).status).toBe(401);
    await server.$query(api.database).patch({ lifecycle: 'deleting' });
    expect((await api.call('PATCH', path, { token, body })).body.code).toBe('invalid_state');
    await server.$query(api.database).patch({ lifecycle: 'deleted', deletedAt: new Date() });
    expect((await api.call('PATCH', path, { token, body })).status).toBe(404);
    expect((await server.$query(api.database)).deleteProtection).toBe(false);
  });

  it('protects, so that a deletion at the same moment either came first or is refused', async () => {
    const { token, path } = await someServer();
    const [update, removal] = await Promise.all([
      api.call('PATCH', path, { token, body: { deleteProtection: true } }),
      api.call('DELETE', path, { token }),
    ]);
    expect([
      [200, 409],
      [409, 202],
    ]).toContainEqual([update.status, removal.status]);
  });
});
