import { expect, test } from 'vitest';

import { createClock } from './clock.ts';
import { createFileLocks } from './locks.ts';
import { seedCluster } from './seed.ts';

const clock = createClock(seedCluster(), 1);

test('an exclusive lock keeps all others out until it is released', async () => {
  const locks = createFileLocks(clock);
  expect(locks.tryAcquire('pve1/100', 'a', true)).toBe(true);
  expect(locks.tryAcquire('pve1/100', 'b', false)).toBe(false);
  expect(locks.tryAcquire('pve2/100', 'b', true)).toBe(true);
  const waiting = locks.acquire('pve1/100', 'b', true, 10_000);
  locks.release('pve1/100', 'a');
  expect(await waiting).toBe(true);
});

test('shared locks go together and keep an exclusive one out', () => {
  const locks = createFileLocks(clock);
  expect(locks.tryAcquire('k', 'a', false)).toBe(true);
  expect(locks.tryAcquire('k', 'b', false)).toBe(true);
  expect(locks.tryAcquire('k', 'c', true)).toBe(false);
  locks.release('k', 'a');
  locks.release('k', 'b');
  expect(locks.tryAcquire('k', 'c', true)).toBe(true);
});

test('waiting ends without the lock when the time is over', async () => {
  const locks = createFileLocks(clock);
  locks.tryAcquire('k', 'a', true);
  expect(await locks.acquire('k', 'b', true, 20)).toBe(false);
});

test('waiting ends with the reason it was aborted for', async () => {
  const locks = createFileLocks(clock);
  locks.tryAcquire('k', 'a', true);
  const controller = new AbortController();
  const waiting = locks.acquire('k', 'b', true, 10_000, controller.signal);
  controller.abort(new Error('received interrupt'));
  await expect(waiting).rejects.toThrow('received interrupt');
});
