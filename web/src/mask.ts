import { createRemembered } from './remembered.ts';

/** Whether what a picture of the screen should not show is covered; kept by this browser. */
export const maskStore = createRemembered('berth-mask', false, (value) => value === true);

/** Whether this browser can paint over words that stand anywhere on a page. */
export const canMask = (): boolean => 'highlights' in (globalThis.CSS ?? {});

/** Follows the choice. Call once and await it before rendering: nothing is to be seen first and covered then. */
export async function startMask(): Promise<void> {
  if (!canMask()) return;
  const apply = async (): Promise<void> => {
    try {
      (await import('./cover-words.ts')).cover(maskStore.get());
    } catch {
      maskStore.set(false); // its code could not be loaded: say nothing else
    }
  };
  maskStore.subscribe(() => void apply());
  if (maskStore.get()) await apply();
}
