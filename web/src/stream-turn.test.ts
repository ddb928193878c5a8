import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { takeStreamTurns } from './stream-turn.ts';

let stops: AbortController[];
beforeEach(() => {
  stops = [];
  vi.useFakeTimers();
  vi.stubGlobal('navigator', Object.create(navigator, { locks: { value: { request: createLock() } } }));
});
afterEach(() => {
  for (const stop of stops) stop.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** One lock, as browsers have it: whoever asks waits until those before are done, or gives up. jsdom has none. */
function createLock() {
  let last: Promise<unknown> = Promise.resolve();
  return async (_name: string, { signal }: { signal: AbortSignal }, hold: () => Promise<void>) => {
    const before = last;
    const mine = before.then(async () => (signal.aborted ? undefined : hold()));
    last = mine;
    await mine;
  };
}

function openTab() {
  const stop = new AbortController();
  stops.push(stop);
  const nextTurn = takeStreamTurns(stop.signal);
  const hasTurn = async () => {
    const turn = await Promise.race([nextTurn(), Promise.resolve(null)]);
    return turn !== null && !turn.aborted;
  };
  return { stop, nextTurn, hasTurn };
}

async function look(isHidden: boolean): Promise<void> {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(isHidden);
  document.dispatchEvent(new Event('visibilitychange'));
  await vi.advanceTimersByTimeAsync(0);
}

test('every tab that is looked at has a stream', async () => {
  expect([await openTab().hasTurn(), await openTab().hasTurn()]).toEqual([true, true]);
});

test('of tabs nobody looks at one keeps its stream, and the others get theirs back when they are seen', async () => {
  const tabs = [openTab(), openTab(), openTab()];
  const second = await tabs[1]?.nextTurn();
  await look(true);
  expect(second?.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(second?.aborted).toBe(true);
  expect(await Promise.all(tabs.map(async (tab) => tab.hasTurn()))).toEqual([true, false, false]);
  await look(false);
  expect(await Promise.all(tabs.map(async (tab) => tab.hasTurn()))).toEqual([true, true, true]);
});

test('a tab that is left for a moment keeps its stream', async () => {
  openTab();
  const { nextTurn } = openTab();
  const turn = await nextTurn();
  await look(true);
  await vi.advanceTimersByTimeAsync(4_000);
  await look(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(turn.aborted).toBe(false);
});

test('a hidden tab takes the place of the one that is closed', async () => {
  const [first, second] = [openTab(), openTab()];
  await look(true);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await second.hasTurn()).toBe(false);
  first.stop.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(await second.hasTurn()).toBe(true);
});

test('a tab that is opened in the background waits', async () => {
  const first = openTab();
  await look(true);
  expect(await first.hasTurn()).toBe(true);
  expect(await openTab().hasTurn()).toBe(false);
});

test('a tab that is stopped waits for nothing', async () => {
  openTab();
  await look(true);
  const { stop, nextTurn } = openTab();
  stop.abort();
  expect((await nextTurn()).aborted).toBe(true);
});
