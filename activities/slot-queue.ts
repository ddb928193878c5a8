import { randomUUID } from 'node:crypto';
import { describeWait, estimateWait } from './estimate-wait.ts';
import { staleClaim } from './failures.ts';
import type { Database } from '../db/connect.ts';
import {
  endSlot,
  exchangeSlots,
  showPlaces,
  type ShownPlace,
  type SlotClaim,
  type SlotEnd,
  type SlotRequest,
  type SlotState,
} from '../db/slots.ts';

/** A slot that is `handed over` stays taken for the next attempt, which has 45 s to come. */
export type SlotLeave = SlotEnd | 'handed over';

export interface Slot {
  /** Resolves when the slot is ours; rejects when the operation is another's by now. */
  granted: Promise<void>;
  /** Ends the wait or the use. */
  leave(end: SlotLeave): Promise<void>;
}

export interface SlotQueue {
  /** Gets in line. `onGivenUp` is called, again and again, while the operation is being cancelled. */
  join(request: SlotRequest, onGivenUp: () => void): Slot;
}

interface Entry {
  claim: SlotClaim;
  state: 'joining' | 'waiting' | 'held';
  resolve: () => void;
  reject: (reason: unknown) => void;
  onGivenUp: () => void;
  /** The line a person reads, and when it was written. */
  note: string | null;
  notedAt: number;
}

/** How often people are told of a new position: those far back less often, or a long line would be nothing but news. */
const NEWS_MS_PER_PLACE = 100;
const NEWS_MS_MAX = 30_000;

/**
 * All that this process waits for and holds, in one conversation with the database: one transaction about once per
 * `pollMs` however many wait, and one whenever a slot comes free here. A slot whose process is not heard of for `ttlMs`
 * falls free. Keep one per process.
 */
export function createSlotQueue(
  database: Database,
  { pollMs = 1_000, ttlMs = 45_000 }: { pollMs?: number; ttlMs?: number } = {},
): SlotQueue {
  const entries = new Map<string, Entry>();
  let isRunning = false;
  let isDue = false;
  let wake: (() => void) | undefined;
  let round: Promise<void> = Promise.resolve();

  const inState = (state: Entry['state']) => [...entries.values()].filter((entry) => entry.state === state);

  function look(): void {
    isDue = true;
    wake?.();
    if (!isRunning) void run();
  }

  async function run(): Promise<void> {
    isRunning = true;
    while (entries.size > 0) {
      isDue = false;
      // When the database is away all go on waiting, or working.
      round = exchange().catch(() => undefined);
      await round;
      if (!isDue && entries.size > 0) await pause();
    }
    isRunning = false;
  }

  async function pause(): Promise<void> {
    const isWaiting = [...entries.values()].some(({ state }) => state !== 'held');
    // Not in step with the other processes.
    const ms = isWaiting ? pollMs * (0.75 + Math.random() / 2) : ttlMs / 4;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function exchange(): Promise<void> {
    // Of two attempts of one step the later one counts.
    const joining = [
      ...new Map(inState('joining').map((entry) => [stepOf(entry.claim), entry])).values(),
    ].map(({ claim }) => claim);
    const asking = [...inState('joining'), ...inState('waiting')];
    const states = await exchangeSlots(
      database,
      { joining, waiting: inState('waiting').map(holderOf), held: inState('held').map(holderOf) },
      ttlMs,
    );
    const found = new Map(states.map((state) => [state.holder, state]));
    await showPlaces(
      database,
      asking.flatMap((entry) => newsOf(entry, found.get(holderOf(entry)), pollMs)),
    ).catch(() => undefined);
    for (const entry of asking) settle(entry, found.get(holderOf(entry)));
  }

  function settle(entry: Entry, state: SlotState | undefined): void {
    if (!state) {
      entries.delete(holderOf(entry));
      entry.reject(staleClaim());
    } else if (state.isGranted) {
      entry.state = 'held';
      entry.resolve();
    } else {
      entry.state = 'waiting';
      if (state.isGivenUp) entry.onGivenUp();
    }
  }

  return {
    join(request, onGivenUp) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      promise.catch(() => undefined); // whoever waits may have left
      const claim = { ...request, holder: randomUUID() };
      const entry: Entry = {
        claim,
        state: 'joining',
        resolve,
        reject,
        onGivenUp,
        note: null,
        notedAt: Date.now(),
      };
      entries.set(claim.holder, entry);
      look();
      return {
        granted: promise,
        async leave(end) {
          entries.delete(claim.holder);
          const isHeld = entry.state === 'held';
          if (isHeld && end === 'handed over') return;
          // A round under way may still put us in line, or give us the slot.
          if (!isHeld) await round;
          // What cannot be given back, as the database is away, falls free by itself.
          await endSlot(database, claim.holder, end === 'handed over' ? 'failed' : end).catch(
            () => undefined,
          );
          if (entries.size > 0) look();
        },
      };
    },
  };
}

const holderOf = ({ claim }: Entry): string => claim.holder;
const stepOf = ({ operationId, step }: SlotClaim): string => `${operationId}/${step}`;

/** What there is to tell of an entry, if anything: its new position, or that its wait is over. */
function newsOf(entry: Entry, state: SlotState | undefined, pollMs: number): ShownPlace[] {
  if (!state) return [];
  const { holder, operationId, fence, resource, name } = entry.claim;
  const { position, isGranted } = state;
  if (!isGranted && position === null) return [];
  const etaSeconds = isGranted ? null : estimateWait(state);
  const note =
    position === null ? null : `Waiting for ${resource} ${name}: ${describeWait(position, etaSeconds)}`;
  const seldom = entry.note === null ? 0 : (position ?? 0) * NEWS_MS_PER_PLACE;
  const everyMs = Math.max(pollMs, Math.min(NEWS_MS_MAX, seldom));
  const isDue = isGranted || Date.now() - entry.notedAt >= everyMs;
  if (note === entry.note || !isDue) return [];
  entry.note = note;
  entry.notedAt = Date.now();
  return [{ holder, operationId, fence, position, etaSeconds, note }];
}
