import { afterAll, beforeAll, expect, test } from 'vitest';

import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { createTestClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

let simulator: Simulator;
let client: TestClient;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0 });
  client = createTestClient(simulator);
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

const TASKS = '/nodes/pve1/tasks';
const NEVER = encodeURIComponent('UPID:pve1:0000FFFF:00000001:6B000000:qmstart:999:root@pam:');

async function list(params: Record<string, unknown> = {}): Promise<Record<string, unknown>[]> {
  const { data } = await client.call('GET', TASKS, params);
  return data as Record<string, unknown>[];
}

test('a task runs first and has an exit status only once it has stopped', async () => {
  simulator.faults.add({ action: 'slowTask', ms: 60_000 });
  const { data: upid } = await client.call('POST', '/nodes/pve1/qemu/9000/clone', { newid: 600, full: 1 });
  const path = `${TASKS}/${encodeURIComponent(String(upid))}`;
  const running = await client.read(`${path}/status`);
  expect(running).toMatchObject({ upid, status: 'running', type: 'qmclone', id: '9000', node: 'pve1' });
  expect(running.exitstatus).toBeUndefined();
  expect(await list({ source: 'active' })).toEqual([expect.objectContaining({ upid, status: 'RUNNING' })]);
  expect(await list()).toEqual([]);
  await client.call('DELETE', path);
  expect(await client.read(`${path}/status`)).toMatchObject({ status: 'stopped' });
  expect(await list({ source: 'active' })).toEqual([]);
});

test('a list is newest first, paged and filtered, with the total beside it', async () => {
  expect(await client.run('POST', '/nodes/pve1/qemu/9000/clone', { newid: 601 })).toBe('OK');
  expect(await client.run('POST', '/nodes/pve1/qemu/601/status/start')).toBe('OK');
  expect(await client.run('POST', '/nodes/pve1/qemu/601/status/start')).not.toBe('OK');
  const all = await list({ vmid: 601 });
  expect(all.map(({ type }) => type)).toEqual(['qmstart', 'qmstart']);
  expect(all[0]).toMatchObject({ user: 'berth@pve', tokenid: 'berth', status: 'VM 601 already running' });
  expect(await list({ errors: 1, vmid: 601 })).toHaveLength(1);
  expect((await list({ typefilter: 'qmclone' })).every(({ id }) => id === '9000')).toBe(true);
  const page = await client.call('GET', TASKS, { limit: 1, start: 1 });
  expect(JSON.parse(page.text)).toMatchObject({ total: expect.any(Number) as number });
  expect(page.data).toHaveLength(1);
  expect(await list({ since: Math.floor(Date.now() / 1000) + 1000 })).toEqual([]);
  expect((await client.call('GET', TASKS, { limit: -1 })).errors).toEqual({
    limit: 'value must have a minimum value of 0',
  });
});

test('the log has 50 lines by default and all with limit 0', async () => {
  const task = simulator.state.tasks.at(-1);
  task?.log.unshift(...Array.from({ length: 60 }, (_, n) => `line ${n}`));
  const path = `${TASKS}/${encodeURIComponent(task?.upid ?? '')}/log`;
  const first = await client.call('GET', path);
  expect(first.data).toHaveLength(50);
  expect(JSON.parse(first.text)).toMatchObject({ total: 61 });
  expect((await client.call('GET', path, { limit: 0 })).data).toHaveLength(61);
  expect((await client.call('GET', path, { start: 60 })).data).toEqual([
    { n: 61, t: 'TASK ERROR: VM 601 already running' },
  ]);
});

test('an unknown UPID has no status but a log that says so', async () => {
  expect((await client.call('GET', `${TASKS}/${NEVER}/status`)).errors).toEqual({ upid: 'no such task' });
  expect((await client.call('DELETE', `${TASKS}/${NEVER}`)).errors).toEqual({ upid: 'no such task' });
  expect((await client.call('GET', `${TASKS}/${NEVER}/log`)).data).toEqual([
    { n: 1, t: 'unable to open file - No such file or directory' },
  ]);
  expect((await client.call('GET', `${TASKS}/garbage/status`)).errors).toEqual({
    upid: 'unable to parse worker upid',
  });
});

test('another node does not know the task', async () => {
  const upid = encodeURIComponent(simulator.state.tasks.at(-1)?.upid ?? '');
  expect((await client.call('GET', `/nodes/pve2/tasks/${upid}/status`)).errors).toEqual({
    upid: 'no such task',
  });
});

test('a UPID may stand in the path as it is', async () => {
  const upid = simulator.state.tasks.at(-1)?.upid ?? '';
  expect((await client.call('GET', `${TASKS}/${upid}/status`)).status).toBe(200);
});

test('stopping a task that has ended is fine, stopping one of another user needs Sys.Modify', async () => {
  const mine = encodeURIComponent(simulator.state.tasks.at(-1)?.upid ?? '');
  expect((await client.call('DELETE', `${TASKS}/${mine}`)).status).toBe(200);
  await client.call('POST', '/access/users', { userid: 'few@pve' });
  const { data } = await client.call('POST', '/access/users/few@pve/token/tok', { privsep: 0 });
  const authorization = `PVEAPIToken=few@pve!tok=${(data as { value: string }).value}`;
  const headers = { authorization };
  const refused = await client.call('DELETE', `${TASKS}/${mine}`, {}, { headers });
  expect([refused.status, refused.reason]).toEqual([
    403,
    'Permission check failed (/nodes/pve1, Sys.Modify)',
  ]);
});
