import type { QueryClient } from '@tanstack/react-query';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { ServerEventName, ServerEvents } from '../../contract/events.ts';
import type { z } from 'zod';
import { announce } from './announce.ts';
import { apiFetch, reachability } from './api.ts';
import {
  ATTENTION_KEY,
  LIVE_KEYS,
  applyOperation,
  applyServer,
  applyServerDeleted,
  readAgain,
} from './live-cache.ts';
import { takeFirstEventId } from './session.ts';
import { createStore } from './store.ts';
import { takeStreamTurns } from './stream-turn.ts';

/** `live`: events arrive. `polling`: they do not, but the API answers. `offline`: nothing answers. */
export type LiveState = 'connecting' | 'live' | 'polling' | 'offline';
export const liveStore = createStore<LiveState>('connecting');

const FIRST_DELAY_MS = 1_000;
const SOON_MS = 300;
const LONGEST_DELAY_MS = 30_000;
const CONNECT_MS = 15_000;
/** The API sends a comment every 15 s; silence for this long means that the connection is dead. */
const SILENCE_MS = 45_000;

type EventData = { [Name in ServerEventName]: z.infer<(typeof ServerEvents)[Name]> };

/**
 * Keeps one event stream open, while it is this tab's turn, and the query cache up to date with it. After a loss it comes back with growing delays
 * and `Last-Event-ID`; meanwhile the hooks poll. Returns the function that ends it.
 */
export function startLive(client: QueryClient): () => void {
  const stop = new AbortController();
  const wake = createWake(stop.signal);
  const settle = (): void => {
    if (liveStore.get() !== 'live' && liveStore.get() !== 'connecting') liveStore.set(stateWithoutStream());
  };
  const unsubscribe = reachability.subscribe(settle);
  liveStore.set('connecting');
  void keepConnected(client, stop.signal, { wake, nextTurn: takeStreamTurns(stop.signal) });
  return () => {
    unsubscribe();
    stop.abort();
  };
}

const stateWithoutStream = (): LiveState => (navigator.onLine && reachability.get() ? 'polling' : 'offline');

async function keepConnected(
  client: QueryClient,
  signal: AbortSignal,
  { wake, nextTurn }: { wake: Wake; nextTurn: () => Promise<AbortSignal> },
): Promise<void> {
  const memory: StreamMemory = { lastEventId: takeFirstEventId(), retryMs: FIRST_DELAY_MS, isAlive: false };
  let failures = 0;
  while (!signal.aborted) {
    const turn = await nextTurn();
    if (signal.aborted) return;
    memory.isAlive = false;
    await readStream(client, turn, memory).catch(() => null);
    if (signal.aborted) return;
    if (turn.aborted) liveStore.set('connecting');
    else if (memory.isAlive) {
      // The API ends streams now and then, for one when the access token does: the next one is usually had at once.
      failures = 0;
      liveStore.set('connecting');
      await wake.orAfter(Math.random() * SOON_MS);
    } else {
      failures += 1;
      liveStore.set(stateWithoutStream());
      const delayMs = Math.min(LONGEST_DELAY_MS, memory.retryMs * 2 ** (failures - 1));
      await wake.orAfter(delayMs * (0.75 + Math.random() / 2));
    }
  }
}

interface StreamMemory {
  lastEventId: string | null;
  retryMs: number;
  /** Whether the present stream has carried anything yet. */
  isAlive: boolean;
}

/** Reads one stream until it ends; rejects when none could be had or it broke. */
async function readStream(client: QueryClient, signal: AbortSignal, memory: StreamMemory): Promise<void> {
  const attempt = new AbortController();
  const abort = (): void => attempt.abort();
  signal.addEventListener('abort', abort);
  window.addEventListener('offline', abort);
  let silence = setTimeout(abort, CONNECT_MS);
  try {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (memory.lastEventId) headers['last-event-id'] = memory.lastEventId;
    const response = await apiFetch('/events', { headers, signal: attempt.signal });
    const reader = response.body?.getReader();
    if (!reader) return;
    attempt.signal.addEventListener('abort', () => void reader.cancel().catch(() => null));
    liveStore.set('live');
    if (memory.lastEventId === null) void catchUp(client);
    const parser = createParser({
      onEvent: (event) => receive(client, event),
      onId: (id) => {
        memory.lastEventId = id;
      },
      onRetry: (retryMs) => {
        memory.retryMs = retryMs;
      },
    });
    const decoder = new TextDecoder();
    for (;;) {
      clearTimeout(silence);
      silence = setTimeout(abort, SILENCE_MS);
      const { done, value } = await reader.read();
      if (done) return;
      memory.isAlive = true;
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(silence);
    signal.removeEventListener('abort', abort);
    window.removeEventListener('offline', abort);
    attempt.abort();
  }
}

const COUNTS_MS = 1_000;
const countsDue = new WeakSet<QueryClient>();

/** What waits for operators may have changed; a crowd of events is answered by one look. No page of theirs, no look. */
function readCountsSoon(client: QueryClient): void {
  if (countsDue.has(client)) return;
  countsDue.add(client);
  setTimeout(() => {
    countsDue.delete(client);
    void client.invalidateQueries({ queryKey: ATTENTION_KEY });
  }, COUNTS_MS);
}

function receive(client: QueryClient, event: EventSourceMessage): void {
  const name = event.event as ServerEventName | undefined;
  const data = JSON.parse(event.data || '{}') as unknown;
  readCountsSoon(client);
  if (name === 'server') applyServer(client, data as EventData['server']);
  else if (name === 'operation') {
    announce(client, data as EventData['operation']);
    applyOperation(client, data as EventData['operation']);
  } else if (name === 'server-deleted') applyServerDeleted(client, (data as EventData['server-deleted']).id);
  else if (name === 'reset') void catchUp(client);
}

/** Reads again what may have changed before the stream was open. */
async function catchUp(client: QueryClient): Promise<void> {
  const queries = client.getQueryCache().findAll({ predicate: ({ queryKey }) => LIVE_KEYS.has(queryKey[0]) });
  await Promise.all(queries.map(async (query) => readAgain(client, query)));
}

interface Wake {
  orAfter: (delayMs: number) => Promise<void>;
}

/** Cuts a delay short when there is reason to believe that the next attempt works. */
function createWake(signal: AbortSignal): Wake {
  let wakeUp: (() => void) | null = null;
  const now = (): void => wakeUp?.();
  const whenVisible = (): void => {
    if (document.visibilityState === 'visible') now();
  };
  const whenReachable = reachability.subscribe(() => {
    if (reachability.get()) now();
  });
  window.addEventListener('online', now);
  document.addEventListener('visibilitychange', whenVisible);
  signal.addEventListener('abort', () => {
    whenReachable();
    window.removeEventListener('online', now);
    document.removeEventListener('visibilitychange', whenVisible);
    now();
  });
  return {
    orAfter: (delayMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, delayMs);
        wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}
