import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildAccount, buildCatalog, buildServer, buildUser, type Catalog } from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { Operation } from '../../db/models/operation.ts';
import { Secret } from '../../db/models/secret.ts';
import type { Server } from '../../db/models/server.ts';

const PASSWORD = 'tr0ub4dor & 3 horses';

let api: TestApi;
let catalog: Catalog;
beforeAll(async () => {
  api = await startTestApi();
  catalog = await buildCatalog(api.database);
});
afterAll(async () => api.close());

async function serverOf(overrides: Partial<Server> = {}) {
  const user = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner: user });
  const server = await buildServer(api.database, { account, catalog, ...overrides });
  return { token: await api.logIn(user), server };
}
const reset = async ({ id }: Server, token: string, body: unknown) =>
  api.call('POST', `/servers/${id}/password`, { token, body });

it('accepts a new password, which is sealed and appears in no answer, row or log', async () => {
  const { token, server } = await serverOf();
  const answer = await reset(server, token, { password: PASSWORD, allowReboot: true });
  expect(answer.status).toBe(202);
  expect(answer.body).toMatchObject({ operation: { type: 'reset_password', status: 'pending' } });
  const operation = await Operation.query(api.database).findById(answer.body.operation.id).throwIfNotFound();
  const { passwordSecretId = '', ...params } = operation.params;
  expect(params).toEqual({ allowReboot: true });
  const secret = await Secret.query(api.database).findById(passwordSecretId).throwIfNotFound();
  expect(api.secretBox.open(secret, 'server-password')).toBe(PASSWORD);
  const started = api.temporal.started.find(({ memo }) => memo.operationId === operation.id);
  expect(started?.name).toBe('resetPassword');
  const audit = await api.database('audit_log').where({ subjectId: server.id });
  expect(audit).toHaveLength(1);
  const keys = await api.database('idempotency_keys');
  const seen = [answer.body, operation, started, audit, keys, api.logLines];
  expect(JSON.stringify(seen)).not.toContain(PASSWORD);
});

it.each([
  ['short', 'use at least 10 characters'],
  ['**********', 'use something besides asterisks'],
  ['pässwörter with umlauts', 'use printable ASCII characters only'],
])('refuses the password %s, naming the field', async (password, message) => {
  const { token, server } = await serverOf();
  const answer = await reset(server, token, { password });
  expect([answer.status, answer.body.issues]).toMatchObject([422, [{ field: 'password', message }]]);
});

it.each([
  [{ lifecycle: 'suspended' }, 'suspension'],
  [{ rescue: { drive: 'ide0', boot: null } }, '/rescue'],
] as const)('refuses it while %o, and keeps no secret', async (overrides, advice) => {
  const { token, server } = await serverOf(overrides);
  const secrets = await Secret.query(api.database).resultSize();
  const answer = await reset(server, token, { password: PASSWORD });
  expect([answer.status, answer.body.code]).toEqual([409, 'invalid_state']);
  expect(answer.body.detail).toContain(advice);
  expect(await Secret.query(api.database).resultSize()).toBe(secrets);
});

it('lets only one in at a time, and answers 404 to strangers', async () => {
  const { token, server } = await serverOf();
  const answers = await Promise.all([
    reset(server, token, { password: PASSWORD }),
    reset(server, token, { password: PASSWORD }),
  ]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'server_busy' });
  const { token: stranger } = await serverOf();
  expect((await reset(server, stranger, { password: PASSWORD })).status).toBe(404);
});
