import { heartbeat } from '@temporalio/activity';

const EVERY_MS = 5_000;

/** Shows Temporal that an activity lives while it waits for calls and turns. */
export async function withHeartbeat<T>(body: () => Promise<T>): Promise<T> {
  heartbeat();
  const timer = setInterval(() => heartbeat(), EVERY_MS);
  try {
    return await body();
  } finally {
    clearInterval(timer);
  }
}
