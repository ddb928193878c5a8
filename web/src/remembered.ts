import { createStore, type Store } from './store.ts';

/**
 * A value that this browser keeps, in every tab the same. What is kept there and cannot be `read` any more counts as
 * `initial`, and so does everything where storage is switched off.
 */
export function createRemembered<T>(
  key: string,
  initial: T,
  read: (value: unknown) => T | undefined,
): Store<T> {
  const parse = (text: string | null): T => {
    try {
      return (text === null ? undefined : read(JSON.parse(text))) ?? initial;
    } catch {
      return initial;
    }
  };
  const kept = (): string | null => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const store = createStore(parse(kept()));
  globalThis.addEventListener?.('storage', (event) => {
    if (event.key === key) store.set(parse(event.newValue));
  });
  return {
    ...store,
    set: (value) => {
      try {
        localStorage.setItem(key, JSON.stringify(value));
      } catch {
        // It then lasts until the page is left.
      }
      store.set(value);
    },
  };
}
