import { setImmediate as nextTurn } from 'node:timers/promises';

import type { ClusterState } from './cluster-state.ts';

/** The simulated time. It runs as fast as the computer's, and can be told to jump ahead. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** What the nodes take for the time; the same, unless a fault has set their clocks wrong. */
  shown(): number;
  /** Sets the nodes' clocks wrong by milliseconds. */
  skew(ms: number): void;
  /** Multiplies the durations of what begins from now on: 1 is realistic, 0 immediate. */
  speed: number;
  /** Calls back once after that much simulated time; answers how to call it off. */
  after(ms: number, run: () => void): () => void;
  /** Calls back again and again, each time after what `period` says in milliseconds, of the first only a `share`. */
  every(period: () => number, run: () => void, share?: number): void;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Lets milliseconds pass at once. What falls due in them happens in its order, each thing at its own time. */
  advance(ms: number): Promise<void>;
  /** Calls everything off. */
  close(): void;
}

interface Alarm {
  due: number;
  run: () => void;
  period?: () => number;
  timer?: NodeJS.Timeout;
}

/** The longest time that Node's timers take. */
const LONGEST_MS = 2 ** 31 - 1;

/** What a cluster's nodes take for the time. */
export function timeOf({
  clockAheadMs = 0,
  clockSkewMs = 0,
}: Pick<ClusterState, 'clockAheadMs' | 'clockSkewMs'>): number {
  return Date.now() + clockAheadMs + clockSkewMs;
}

/** The clock of a cluster; how far it is ahead is kept with the state, so that time never goes back. */
export function createClock(state: ClusterState, initialSpeed: number): Clock {
  const alarms = new Set<Alarm>();
  let speed = initialSpeed;
  let advancing = Promise.resolve();
  // A fault ends with its process.
  delete state.clockSkewMs;
  const now = (): number => Date.now() + (state.clockAheadMs ?? 0);

  function arm(alarm: Alarm): void {
    clearTimeout(alarm.timer);
    const ms = Math.min(Math.max(0, alarm.due - now()), LONGEST_MS);
    alarm.timer = setTimeout(() => (alarm.due - now() > 1 ? arm(alarm) : ring(alarm)), ms).unref();
  }

  function add(alarm: Alarm): void {
    alarms.add(alarm);
    arm(alarm);
  }

  function remove(alarm: Alarm): void {
    clearTimeout(alarm.timer);
    alarms.delete(alarm);
  }

  function ring(alarm: Alarm): void {
    remove(alarm);
    if (alarm.period) add({ ...alarm, due: now() + alarm.period() });
    alarm.run();
  }

  function nextUntil(end: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of alarms) if (alarm.due <= end && alarm.due < (next?.due ?? Infinity)) next = alarm;
    return next;
  }

  /** Lets what waited go on, which may wait for something else that falls due in the same time. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  }

  async function jump(ms: number): Promise<void> {
    await settle();
    const end = now() + ms;
    const moveTo = (time: number): void => {
      state.clockAheadMs = (state.clockAheadMs ?? 0) + Math.max(0, time - now());
    };
    for (const alarm of alarms) {
      if (!alarm.period) continue;
      // Of what comes again and again only the last time makes a difference afterwards.
      const period = alarm.period();
      alarm.due += Math.max(0, Math.floor((end - alarm.due) / period)) * period;
    }
    for (let next = nextUntil(end); next; next = nextUntil(end)) {
      moveTo(next.due);
      ring(next);
      await settle();
    }
    moveTo(end);
    for (const alarm of alarms) arm(alarm);
  }

  return {
    now,
    shown: () => timeOf(state),
    skew: (ms) => {
      state.clockSkewMs = ms;
    },
    get speed() {
      return speed;
    },
    set speed(value) {
      speed = value;
      for (const alarm of alarms) {
        if (!alarm.period) continue;
        alarm.due = Math.min(alarm.due, now() + alarm.period());
        arm(alarm);
      }
    },
    after(ms, run) {
      const alarm: Alarm = { due: now() + ms, run };
      add(alarm);
      return () => remove(alarm);
    },
    every(period, run, share = 1) {
      add({ due: now() + share * period(), run, period });
    },
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const alarm: Alarm = { due: now() + ms, run: finish };
        function finish(): void {
          signal?.removeEventListener('abort', stop);
          resolve();
        }
        function stop(): void {
          remove(alarm);
          reject(signal?.reason as Error);
        }
        signal?.addEventListener('abort', stop, { once: true });
        add(alarm);
      });
    },
    advance(ms) {
      advancing = advancing.then(() => jump(ms));
      return advancing;
    },
    close() {
      for (const alarm of alarms) remove(alarm);
    },
  };
}
