import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  timeoutMs?: number;
  everyMs?: number;
  signal?: AbortSignal;
  /** What is waited for, for the error message. */
  what?: string;
}

/** Asks `check` again and again until it says yes; throws when the time is up or `check` throws. */
export async function waitUntil(
  check: () => boolean | Promise<boolean>,
  { timeoutMs = 60_000, everyMs = 50, signal, what = 'it' }: WaitOptions = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`gave up waiting for ${what} after ${timeoutMs / 1000} s`);
    await delay(everyMs, undefined, signal ? { signal } : {});
  }
}
