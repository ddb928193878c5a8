export interface CallBudget {
  /** When the next call is due, on the clock of `performance.now()`. */
  readyAt: () => number;
  /** Spends a call. May run ahead of the budget: the promise says when that call is due. */
  take: () => Promise<void>;
}

/** One call per interval on average, and up to `burst` at once after a pause (a token bucket with a queue). */
export function createCallBudget(intervalMs: number, burst: number): CallBudget {
  // When the last call taken was due. A full bucket is the same as that having been `burst` intervals ago.
  let lastDueAt = -Infinity;
  const readyAt = () => Math.max(lastDueAt, performance.now() - burst * intervalMs) + intervalMs;
  return {
    readyAt,
    take() {
      lastDueAt = readyAt();
      const delay = lastDueAt - performance.now();
      return delay > 0 ? new Promise((resolve) => setTimeout(resolve, delay)) : Promise.resolve();
    },
  };
}
