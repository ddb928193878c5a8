const LOCK = 'berth-hidden-stream';
/** In milliseconds: so long a tab keeps its stream that was only left for a moment. */
const GRACE = 5_000;

/**
 * When this tab may have an event stream: waits for its turn, and gives the signal that ends it; `stop` ends all. A browser has six
 * connections to a server that speaks HTTP/1.1, for all its tabs, and every stream is one less. So of the tabs nobody looks
 * at only one has a stream, which is enough to notify.
 */
export function takeStreamTurns(stop: AbortSignal): () => Promise<AbortSignal> {
  let given = new AbortController();
  let turn = Promise.withResolvers<AbortSignal>();
  let isOurs = false;
  const begin = (): void => {
    isOurs = true;
    turn.resolve(given.signal);
  };
  const end = (): void => {
    if (!isOurs) return;
    isOurs = false;
    given.abort();
    given = new AbortController();
    turn = Promise.withResolvers<AbortSignal>();
  };

  let whileHidden = new AbortController();
  const look = (): void => {
    whileHidden.abort();
    whileHidden = new AbortController();
    if (document.hidden) void standIn(whileHidden.signal, begin, end);
    else begin();
  };
  look();
  document.addEventListener('visibilitychange', look);
  stop.addEventListener('abort', () => {
    document.removeEventListener('visibilitychange', look);
    whileHidden.abort();
    given.abort();
    begin();
  });
  return () => turn.promise;
}

/** Has a stream for all hidden tabs once no other of them has it, and none until then. */
async function standIn(whileHidden: AbortSignal, begin: () => void, end: () => void): Promise<void> {
  const seenAgain = new Promise<void>((resolve) => {
    whileHidden.addEventListener('abort', () => resolve());
  });
  const leaving = setTimeout(end, GRACE);
  void seenAgain.then(() => clearTimeout(leaving));
  if (!('locks' in navigator)) return;
  const hold = async (): Promise<void> => {
    clearTimeout(leaving);
    begin();
    await seenAgain;
  };
  // Refused when the tab is seen again before its turn has come.
  await navigator.locks.request(LOCK, { signal: whileHidden }, hold).catch(() => null);
}
