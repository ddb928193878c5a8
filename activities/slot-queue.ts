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
import type { Said } from '../contract/said.ts';
import { inEnglish, say } from '../contract/sayings.ts';

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
  /** The line a person reads, and when it was written, by `performance.now()`. */
  note: string | null;
  notedAt: number;
}

interface QueueState {
  database: Database;
  pollMs: number;
  ttlMs: number;
  /** By holder. */
  entries: Map<string, Entry>;
  isRunning: boolean;
  /** Something has happened since the round under way began. */
  isDue: boolean;
  wake?: () => void;
  round: Promise<void>;
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
  const queue: QueueState = {
    database,
    pollMs,
    ttlMs,
    entries: new Map(),
    isRunning: false,
    isDue: false,
    round: Promise.resolve(),
  };
  return {
    join(request, onGivenUp) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      promise.catch(() => undefined); // whoever waits may have left
      const claim = { ...request, holder: randomUUID() };
      const news = { note: null, notedAt: performance.now() };
      const entry: Entry = { claim, state: 'joining', resolve, reject, onGivenUp, ...news };
      queue.entries.set(claim.holder, entry);
      look(queue);
      return { granted: promise, leave: async (end) => leave(queue, entry, end) };
    },
  };
}

async function leave(queue: QueueState, { claim, state }: Entry, end: SlotLeave): Promise<void> {
  queue.entries.delete(claim.holder);
  if (state === 'held' && end === 'handed over') return;
  // A round under way may still put us in line, or give us the slot.
  if (state !== 'held') await queue.round;
  // What cannot be given back, as the database is away, falls free by itself.
  const ending = endSlot(queue.database, claim.holder, end === 'handed over' ? 'failed' : end);
  await ending.catch(() => undefined);
  if (queue.entries.size > 0) look(queue);
}

function look(queue: QueueState): void {
  queue.isDue = true;
  queue.wake?.();
  if (!queue.isRunning) void run(queue);
}

async function run(queue: QueueState): Promise<void> {
  queue.isRunning = true;
  while (queue.entries.size > 0) {
    queue.isDue = false;
    // When the database is away all go on waiting, or working.
    queue.round = exchange(queue).catch(() => undefined);
    await queue.round;
    if (!queue.isDue && queue.entries.size > 0) await pause(queue);
  }
  queue.isRunning = false;
}

async function pause(queue: QueueState): Promise<void> {
  const isWaiting = [...queue.entries.values()].some(({ state }) => state !== 'held');
  // Not in step with the other processes.
  const ms = isWaiting ? queue.pollMs * (0.75 + Math.random() / 2) : queue.ttlMs / 4;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    queue.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

async function exchange({ database, pollMs, ttlMs, entries }: QueueState): Promise<void> {
  const inState = (state: Entry['state']) => [...entries.values()].filter((entry) => entry.state === state);
  const [joining, waiting, held] = [inState('joining'), inState('waiting'), inState('held')];
  // Of two attempts of one step the later one counts.
  const claims = new Map(joining.map(({ claim }) => [`${claim.operationId}/${claim.step}`, claim]));
  const states = await exchangeSlots(
    database,
    { joining: [...claims.values()], waiting: waiting.map(holderOf), held: held.map(holderOf) },
    ttlMs,
  );
  const found = new Map(states.map((state) => [state.holder, state]));
  const asking = [...joining, ...waiting];
  const news = asking.flatMap((entry) => newsOf(entry, found.get(holderOf(entry)), pollMs));
  await showPlaces(database, news).catch(() => undefined);
  for (const entry of asking) {
    const state = found.get(holderOf(entry));
    if (!state) entries.delete(holderOf(entry));
    settle(entry, state);
  }
}

function settle(entry: Entry, state: SlotState | undefined): void {
  if (!state) entry.reject(staleClaim());
  else if (state.isGranted) {
    entry.state = 'held';
    entry.resolve();
  } else {
    entry.state = 'waiting';
    if (state.isGivenUp) entry.onGivenUp();
  }
}

const holderOf = ({ claim }: Entry): string => claim.holder;

/** What there is to tell of an entry, if anything: its new position, or that its wait is over. */
function newsOf(entry: Entry, state: SlotState | undefined, pollMs: number): ShownPlace[] {
  if (!state) return [];
  const { holder, operationId, fence, resource, name } = entry.claim;
  const { position, isGranted } = state;
  if (!isGranted && position === null) return [];
  const etaSeconds = isGranted ? null : estimateWait(state);
  const noteSaid = position === null ? null : waitingFor(resource, name, describeWait(position, etaSeconds));
  const note = noteSaid && inEnglish(noteSaid);
  const seldom = entry.note === null ? 0 : (position ?? 0) * NEWS_MS_PER_PLACE;
  const everyMs = Math.max(pollMs, Math.min(NEWS_MS_MAX, seldom));
  const isDue = isGranted || performance.now() - entry.notedAt >= everyMs;
  if (note === entry.note || !isDue) return [];
  entry.note = note;
  entry.notedAt = performance.now();
  return [{ holder, operationId, fence, position, etaSeconds, note, noteSaid }];
}

/** A storage that nodes do not share is named with its node; neither has spaces in its name. */
function waitingFor(resource: SlotRequest['resource'], name: string, place: Said): Said {
  if (resource === 'node') return say('waiting_for_node', { name, place });
  const [storage = '', node] = name.split(' on ');
  return say('waiting_for_storage', { name: node ? say('storage_on', { storage, node }) : storage, place });
}
