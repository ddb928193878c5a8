import { afterEach, beforeEach, expect, test } from 'vitest';

import { createClock } from './clock.ts';
import { startControlServer } from './control-server.ts';
import { seedCluster } from './seed.ts';
import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { createTestClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

const HOUR_MS = 3_600_000;
const VM = '/nodes/pve1/qemu/100';

let simulator: Simulator;
let client: TestClient;
let control: { url: string; close: () => Promise<void> };

beforeEach(async () => {
  simulator = await startSimulator({ speed: 1 });
  client = createTestClient(simulator);
  control = await startControlServer(simulator, 0);
});
afterEach(async () => {
  await client.close();
  await control.close();
  await simulator.close();
});

async function dial(setting: object): Promise<{ now: number; speed: number; error?: string }> {
  const res = await fetch(`${control.url}/clock`, { method: 'POST', body: JSON.stringify(setting) });
  return (await res.json()) as { now: number; speed: number };
}

const secondsAhead = (time: unknown): number => Number(time) - Date.now() / 1000;

test('what falls due while time passes happens in its order and at its own time', async () => {
  const clock = createClock(seedCluster(), 1);
  const start = clock.now();
  const seen: string[] = [];
  const note = (what: string): void => void seen.push(`${what} ${Math.floor((clock.now() - start) / 1000)}`);
  clock.after(30_000, () => note('third'));
  clock.after(10_000, () => {
    note('first');
    void clock.sleep(10_000).then(() => note('second'));
  });
  clock.after(61_000, () => note('too late'));
  clock.every(
    () => 9_000,
    () => note('again'),
  );
  await clock.advance(60_000);
  clock.close();
  expect(seen).toEqual(['first 10', 'second 20', 'third 30', 'again 54']);
});

test('a sleep that is called off ends with the reason', async () => {
  const clock = createClock(seedCluster(), 1);
  const controller = new AbortController();
  const sleeping = clock.sleep(HOUR_MS, controller.signal);
  controller.abort(new Error('received interrupt'));
  await expect(sleeping).rejects.toThrow('received interrupt');
});

test('a ticket is too old after two hours', async () => {
  const login = { username: 'root@pam', password: simulator.rootPassword };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const { data } = await client.call('POST', '/access/ticket', login, { headers: form });
  const headers = { cookie: `PVEAuthCookie=${encodeURIComponent((data as { ticket: string }).ticket)}` };
  await dial({ advanceMs: 1.9 * HOUR_MS });
  expect(await client.call('GET', '/version', {}, { headers })).toMatchObject({ status: 200 });
  await dial({ speed: 0, advanceMs: 0.2 * HOUR_MS });
  expect(await client.call('GET', '/version', {}, { headers })).toMatchObject({ status: 401 });
});

test('a task of minutes ends, its guest boots and /cluster/resources knows it, all without waiting', async () => {
  const clone = await client.call('POST', '/nodes/pve1/qemu/9000/clone', { newid: 100, full: 1 });
  await dial({ advanceMs: 60_000 });
  expect(await client.exitOf(clone.data)).toBe('OK');
  const start = await client.call('POST', `${VM}/status/start`);
  await dial({ advanceMs: 2_000 });
  expect(await client.exitOf(start.data)).toBe('OK');
  await dial({ advanceMs: 20_000 });
  expect(await client.call('POST', `${VM}/agent/ping`)).toMatchObject({ status: 200 });
  const resources = (await client.call('GET', '/cluster/resources', { type: 'vm' })).data as { id: string }[];
  expect(resources.find(({ id }) => id === 'qemu/100')).toMatchObject({ status: 'running' });
  const { uptime } = await client.read(`${VM}/status/current`);
  expect(uptime).toBeGreaterThanOrEqual(20);
});

test('whatever tells the time tells the same', async () => {
  const { now } = await dial({ advanceMs: 10 * HOUR_MS });
  expect(secondsAhead(now / 1000)).toBeCloseTo(36_000, -1);
  const { time } = await client.read('/nodes/pve1/time');
  expect(secondsAhead(time)).toBeCloseTo(36_000, -1);
  const answer = await client.call('POST', `/nodes/pve1/qemu/9000/clone`, { newid: 100 });
  expect(secondsAhead(Date.parse(answer.headers.get('date') ?? '') / 1000)).toBeCloseTo(36_000, -1);
  const [, , , , starttime = ''] = String(answer.data).split(':');
  expect(secondsAhead(Number.parseInt(starttime, 16))).toBeCloseTo(36_000, -1);
  const points = await client.call('GET', '/nodes/pve1/rrddata', { timeframe: 'hour' });
  // A point is a minute, and the last is that before this one.
  const behind = 36_000 - secondsAhead((points.data as { time: number }[]).at(-1)?.time);
  expect(behind).toBeLessThan(130);
  expect(behind).toBeGreaterThan(-10);
});

test('another speed holds for what begins afterwards', async () => {
  expect(await dial({ speed: 0 })).toMatchObject({ speed: 0 });
  expect(await client.run('POST', '/nodes/pve1/qemu/9000/clone', { newid: 100, full: 1 })).toBe('OK');
});

test('refuses to turn time back', async () => {
  expect(await dial({ advanceMs: -1 })).toMatchObject({ error: 'advanceMs must be a number from 0 on' });
});
