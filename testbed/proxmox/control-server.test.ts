import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { startControlServer } from './control-server.ts';
import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { createTestClient } from './test-client.ts';

let simulator: Simulator;
let control: Awaited<ReturnType<typeof startControlServer>>;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0 });
  control = await startControlServer(simulator, 0);
});
afterEach(() => simulator.faults.clear());
afterAll(async () => {
  await control.close();
  await simulator.close();
});

async function ask(method: string, path: string, body?: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const res = await fetch(`${control.url}${path}`, { method, ...(text === undefined ? {} : { body: text }) });
  return { status: res.status, headers: res.headers, content: (await res.json()) as unknown };
}

async function refusal(rule: unknown): Promise<string> {
  const { status, content } = await ask('POST', '/faults', rule);
  expect(status).toBe(400);
  return (content as { error: string }).error;
}

test('says what it takes', async () => {
  const { status, content } = await ask('GET', '/');
  expect(status).toBe(200);
  expect(content).toHaveProperty('POST /faults');
  expect(content).toHaveProperty('GET /calls');
});

test('sets faults, tells their hits and ends them one by one', async () => {
  const { content } = await ask('POST', '/faults', { action: 'drop', path: '^/version' });
  const { id } = content as { id: string };
  const client = createTestClient(simulator);
  await expect(client.call('GET', '/version')).rejects.toThrow('fetch failed');
  await client.close();
  expect((await ask('GET', '/faults')).content).toEqual([
    { id, rule: { action: 'drop', path: '^/version' }, hits: 1 },
  ]);
  const calls = (await ask('GET', '/calls')).content as object[];
  expect(calls.at(-1)).toMatchObject({ status: null, faults: [{ id, action: 'drop' }] });
  expect((await ask('DELETE', `/faults/${id}`)).status).toBe(200);
  expect((await ask('GET', '/faults')).content).toEqual([]);
  expect((await ask('DELETE', `/faults/${id}`)).status).toBe(404);
});

test('shows what really exists', async () => {
  const { content } = await ask('GET', '/state');
  expect(Object.keys((content as { vms: object }).vms)).toContain('9000');
});

test.each([
  [{ action: 'explode' }, /^action: must be one of drop, hang, delay, status, /],
  [{ action: 'drop', pth: '^/version' }, 'pth: is no field of this action; leave it out'],
  [{ action: 'drop', path: '(' }, /^path: Invalid regular expression/],
  [{ action: 'drop', method: 'FETCH' }, /^method: .*"GET"/],
  [{ action: 'drop', count: 0 }, /^count: .*>=1/],
  [{ action: 'drop', user: 'root' }, 'user: must be USER@REALM or USER@REALM!TOKEN'],
  [{ action: 'delay' }, /^ms: .*expected number/],
  [{ action: 'status', status: 99, reason: 'x' }, /^status: .*>=200/],
  [{ action: 'status', status: 500, reason: 'a\r\nb: c' }, 'reason: must be one line'],
  [{ action: 'gateway', status: 500 }, 'status: must be 502, 503 or 504'],
  [{ action: 'failTask', message: 'x', atPercent: 101 }, /^atPercent: .*<=100/],
  [{ action: 'failTask', message: 'x', when: 'after' }, /^when: is no field/],
  [{ action: 'nodeDown', node: 'pve9' }, "node: there is no node 'pve9'; there are pve1, pve2, pve3"],
  [{ action: 'fillStorage', storage: 'big' }, /^storage: there is no storage 'big'; there are local, /],
  [[], /expected object/],
])('refuses %j', async (rule, message) => {
  expect(await refusal(rule)).toMatch(message);
  expect(simulator.faults.list()).toEqual([]);
});

test('refuses what is no JSON', async () => {
  expect(await refusal('{action: drop}')).toMatch(/^the body must be a fault as JSON: /);
});

test('refuses a body that is too long', async () => {
  const { status } = await ask('POST', '/faults', { action: 'drop', path: 'x'.repeat(70_000) });
  expect(status).toBe(413);
});

test('knows other paths and methods as what they are', async () => {
  expect((await ask('GET', '/nothing')).status).toBe(404);
  const wrong = await ask('PUT', '/faults', {});
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE']);
});
