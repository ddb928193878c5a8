export interface CallBudget {
  /** Spends a call. May run ahead of the budget: the promise says when that call is due. */
  take: () => Promise<void>;
}

/** One call per interval on average, and up to `burst` at once after a pause (a token bucket with a queue). */
export function createCallBudget(intervalMs: number, burst: number): CallBudget {
  // When the last call taken was due. A full bucket is the same as that having been `burst` intervals ago.
  let lastDueAt = -Infinity;
  return {
    take() {
      lastDueAt = Math.max(lastDueAt, performance.now() - burst * intervalMs) + intervalMs;
      const delay = lastDueAt - performance.now();
      return delay > 0 ? new Promise((resolve) => setTimeout(resolve, delay)) : Promise.resolve();
    },
  };
}
