import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { buildAccount, buildCatalog, buildServer, buildUser, type Catalog } from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import type { Server } from '../../db/models/server.ts';

let api: TestApi;
let catalog: Catalog;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database);
});
afterAll(async () => api.close());
beforeEach(async () => {
  await catalog.cluster.$query(api.database).patch({ rescueIso: 'local:iso/rescue.iso' });
});

const IN_RESCUE = { rescue: { drive: 'ide0', boot: 'order=scsi0' } };

async function serverOf(overrides: Partial<Server> = {}) {
  const user = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner: user });
  const server = await buildServer(api.database, { account, catalog, ...overrides });
  const token = await api.logIn(user);
  return {
    call: async (method: string) => api.call(method, `/servers/${server.id}/rescue`, { token }),
    server,
  };
}

it('accepts the way into the rescue system', async () => {
  const { call } = await serverOf();
  const answer = await call('POST');
  expect(answer.status).toBe(202);
  expect(answer.body).toMatchObject({ server: { rescue: false }, operation: { type: 'rescue' } });
  const started = api.temporal.started.find(({ memo }) => memo.operationId === answer.body.operation.id);
  expect(started?.name).toBe('rescueServer');
});

it('accepts the way back, and shows meanwhile that the server is in it', async () => {
  const { call } = await serverOf(IN_RESCUE);
  const answer = await call('DELETE');
  expect(answer.status).toBe(202);
  expect(answer.body).toMatchObject({ server: { rescue: true }, operation: { type: 'leave_rescue' } });
  const started = api.temporal.started.find(({ memo }) => memo.operationId === answer.body.operation.id);
  expect(started?.name).toBe('leaveRescue');
});

it('refuses a second rescue, naming the way back', async () => {
  const { call, server } = await serverOf(IN_RESCUE);
  const answer = await call('POST');
  expect([answer.status, answer.body.code]).toEqual([409, 'invalid_state']);
  expect(answer.body.detail).toContain(`DELETE /servers/${server.id}/rescue`);
  expect(await api.database('operations').where({ serverId: server.id })).toHaveLength(0);
});

it('refuses to leave what a server is not in', async () => {
  const { call } = await serverOf();
  const answer = await call('DELETE');
  expect([answer.status, answer.body.code]).toEqual([409, 'invalid_state']);
});

it('refuses it where no medium is set, saying who can change that', async () => {
  await catalog.cluster.$query(api.database).patch({ rescueIso: null });
  const { call } = await serverOf();
  const answer = await call('POST');
  expect([answer.status, answer.body.code]).toEqual([422, 'rescue_unsupported']);
  expect(answer.body.detail).toContain('Ask your provider');
});

it.each(['POST', 'DELETE'])('refuses %s for a suspended server, and a second click', async (method) => {
  const isLeaving = method === 'DELETE';
  const suspended = await serverOf({ lifecycle: 'suspended', ...(isLeaving ? IN_RESCUE : {}) });
  expect((await suspended.call(method)).body.detail).toContain('suspension');
  const { call } = await serverOf(isLeaving ? IN_RESCUE : {});
  const answers = await Promise.all([call(method), call(method)]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409]);
  expect(answers.find(({ status }) => status === 409)?.body.code).toBe('server_busy');
});
