import { beforeEach, expect, test, vi } from 'vitest';
import { accountChoice } from './account-choice.ts';
import { listServers } from './api.ts';
import { restoreSession, sessionStore } from './session.ts';
import { startFirstRead, takeFirstServers } from './first-read.ts';
import { parseFilter } from './server-filter.ts';
import { ACCOUNT, buildServer, fakeApi, ok, refusal } from './test-api.ts';

const FILTER = parseFilter(new URLSearchParams());
const servers = () => ok({ items: [buildServer()], nextCursor: null });

beforeEach(() => history.replaceState(null, '', '/app/'));

test('session and servers are asked for once, whoever needs them later', async () => {
  const api = fakeApi({ 'GET /servers': servers });
  startFirstRead();
  await restoreSession();
  expect(sessionStore.get().status).toBe('active');
  const { items } = await listServers(FILTER, null);
  expect(items).toHaveLength(1);
  expect(api.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /refresh',
    'GET /servers',
  ]);
  expect(api.requests[1]?.headers.get('authorization')).toBe('Bearer token-1');
  await listServers(FILTER, null);
  expect(api.sent('GET /servers')).toHaveLength(2);
});

test('the servers are those of the address and of the account that was chosen', async () => {
  history.replaceState(null, '', '/app/?search=web');
  accountChoice.set(ACCOUNT.id);
  const api = fakeApi({ 'GET /servers': servers });
  startFirstRead();
  const first = await takeFirstServers(1_000);
  accountChoice.set(null);
  expect(first?.filter).toEqual({ ...FILTER, search: 'web', account: ACCOUNT.id });
  expect(api.sent('GET /servers')[0]?.query.get('accountId')).toBe(ACCOUNT.id);
});

test('servers that are not those of the filter are left to nobody', async () => {
  const api = fakeApi({ 'GET /servers': servers });
  startFirstRead();
  await restoreSession();
  await listServers({ ...FILTER, search: 'db' }, null);
  expect(api.sent('GET /servers')[1]?.query.get('search')).toBe('db');
});

test('no other page asks for servers, and nobody who is not logged in', async () => {
  const api = fakeApi({ 'GET /servers': servers });
  history.replaceState(null, '', '/app/account');
  startFirstRead();
  expect(await takeFirstServers(1_000)).toBeNull();
  history.replaceState(null, '', '/app/');
  api.on('POST /refresh', () => refusal(401, 'unauthenticated', 'No session'));
  startFirstRead();
  expect(await takeFirstServers(1_000)).toBeNull();
  await restoreSession();
  expect(sessionStore.get().status).toBe('anonymous');
  expect(api.sent('GET /servers')).toHaveLength(0);
});

test('an answer that never came is asked for again', async () => {
  const api = fakeApi();
  api.on('POST /refresh', () => {
    throw new TypeError('Failed to fetch');
  });
  startFirstRead();
  await vi.waitFor(() => expect(api.sent('POST /refresh')).toHaveLength(1));
  await restoreSession();
  expect(api.sent('POST /refresh')).toHaveLength(2);
  expect(sessionStore.get().status).toBe('unreachable');
});
