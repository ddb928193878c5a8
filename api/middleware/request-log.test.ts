import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildUser } from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { until } from '../../tests/until.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api.close());

async function lineOf(reqId: string): Promise<string> {
  const find = () => api.logLines.find((line) => line.includes(reqId) && line.includes('"msg":"request"'));
  await until(() => find() !== undefined);
  return String(find());
}

it('says who asked for what, and not what they looked for', async () => {
  const user = await buildUser(api.database);
  const headers = { 'X-Request-Id': 'a-search' };
  await api.call('GET', '/servers?search=a-secret-name', { token: await api.logIn(user), headers });
  const line = await lineOf('a-search');
  expect(JSON.parse(line)).toMatchObject({ method: 'GET', path: '/servers', status: 200, userId: user.id });
  expect(line).not.toContain('a-secret-name');
});

it('names nobody where nobody is logged in', async () => {
  await api.call('GET', '/servers', { headers: { 'X-Request-Id': 'a-stranger' } });
  const line: unknown = JSON.parse(await lineOf('a-stranger'));
  expect(line).toMatchObject({ status: 401 });
  expect(line).not.toHaveProperty('userId');
});
