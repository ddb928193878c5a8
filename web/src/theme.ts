import { createStore } from './store.ts';

export type Theme = 'light' | 'dark' | 'system';
const KEY = 'berth-theme';
const DARK = 'bp6-dark';

function remembered(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

export const themeStore = createStore<Theme>('system');
const systemDark = (): MediaQueryList | null =>
  globalThis.matchMedia?.('(prefers-color-scheme: dark)') ?? null;

/** Shows the page in a theme: the one that this browser remembers, unless told. */
export function showTheme(theme = remembered()): void {
  const isDark = theme === 'dark' || (theme === 'system' && systemDark()?.matches === true);
  // Blueprint looks for its class on an ancestor; portals are children of the body.
  document.body.classList.toggle(DARK, isDark);
  document.documentElement.style.colorScheme = isDark ? 'dark' : 'light';
}

/** Reads the remembered choice and follows the system's while that is the choice. Call once, before rendering. */
export function startTheme(): void {
  themeStore.set(remembered());
  const apply = (): void => showTheme(themeStore.get());
  themeStore.subscribe(apply);
  systemDark()?.addEventListener('change', apply);
  apply();
}

/** Changes the theme at once and remembers it in this browser. */
export function setTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be switched off; the choice then lasts until the page is left.
  }
  themeStore.set(theme);
}
