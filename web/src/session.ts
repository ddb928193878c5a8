import { t } from '@lingui/core/macro';
import type { Session, User } from '../../contract/auth.ts';
import { NetworkError, readProblem } from './api-error.ts';
import { takeFirstSession } from './first-read.ts';
import { createStore } from './store.ts';

/**
 * The access token lives here, in memory only; what survives a reload is the refresh cookie, which scripts cannot
 * read. `expired` keeps the user, so that the page stays as it is while they log in again on top of it.
 */
export type SessionState =
  | { status: 'restoring' }
  | { status: 'unreachable' }
  | { status: 'anonymous'; loggedOut?: boolean }
  | { status: 'active'; accessToken: string; user: User }
  | { status: 'expired'; user: User };

export const sessionStore = createStore<SessionState>({ status: 'restoring' });

const REFRESH_LOCK = 'berth-refresh';
const otherTabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('berth-session');
otherTabs?.addEventListener('message', ({ data }) => {
  const { status } = sessionStore.get();
  if (data === 'logout') sessionStore.set({ status: 'anonymous', loggedOut: true });
  else if (status === 'expired' || status === 'anonymous') void refreshSession().catch(() => false);
});

/** Sends a request that needs no access token. Throws NetworkError when nothing answered. */
export async function post(path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  try {
    return await fetch(path, {
      method: 'POST',
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new NetworkError(t`The API does not answer`, { cause });
  }
}

let firstEventId: number | null = null;

function activate(session: Session): void {
  // With somebody who was there before, more may have been read before this than since.
  if (!('user' in sessionStore.get())) firstEventId = session.latestEventId;
  sessionStore.set({ status: 'active', accessToken: session.accessToken, user: session.user });
}

/** An event before all that has been read for the present user, once; null when none is known. */
export function takeFirstEventId(): string | null {
  const taken = firstEventId;
  firstEventId = null;
  return taken === null ? null : String(taken);
}

/** Logs in here and in every other tab that waits for it. Throws ApiError when refused (`second_factor_required` when it takes a `code` too; `rate_limited` with its delay), NetworkError when nothing answered. */
export async function logIn(email: string, password: string, code?: string): Promise<void> {
  await openSession('/login', { email, password, ...(code === undefined ? {} : { code }) });
}

/** Opens the session that `path` answers with. Throws as logIn does. */
export async function openSession(path: string, body: object): Promise<void> {
  const response = await post(path, body);
  if (!response.ok) throw await readProblem(response);
  activate((await response.json()) as Session);
  otherTabs?.postMessage('login');
}

/** Shows the user as they are now, after they have changed something about themselves. */
export function showUser(user: User): void {
  const session = sessionStore.get();
  if (session.status === 'active') sessionStore.set({ ...session, user });
}

/** Ends the session here and in every other tab, even when the API cannot be told. */
export async function logOut(): Promise<void> {
  const told = post('/logout').catch(() => null);
  sessionStore.set({ status: 'anonymous', loggedOut: true });
  otherTabs?.postMessage('logout');
  await told;
}

/** Sets a password by the token of a link. That ends all sessions of its user, and the one of this browser whose ever it is. Throws as logIn does. */
export async function setPassword(token: string, password: string): Promise<void> {
  const response = await post('/password', { token, password });
  if (!response.ok) throw await readProblem(response);
  if (sessionStore.get().status !== 'anonymous') await logOut();
}

/** Gives up an expired session: whoever waits for it is refused. */
export function dropSession(): void {
  sessionStore.set({ status: 'anonymous' });
}

/** Each refresh spends the cookie it came with, so no two may be under way: not in this tab, not in another. */
async function underRefreshLock<T>(work: () => Promise<T>): Promise<T> {
  if (!('locks' in navigator)) return work();
  return navigator.locks.request(REFRESH_LOCK, work) as Promise<T>;
}

let refreshing: Promise<boolean> | null = null;

/** False when there is no session to restore. Throws NetworkError or ApiError when that could not be found out. */
export function refreshSession(): Promise<boolean> {
  refreshing ??= refresh().finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function refresh(): Promise<boolean> {
  const first = takeFirstSession();
  return underRefreshLock(async () => {
    const response = (await first?.catch(() => null)) ?? (await post('/refresh'));
    if (response.ok) {
      activate((await response.json()) as Session);
      return true;
    }
    if (response.status === 401 || response.status === 403) {
      await response.body?.cancel(); // what nobody reads holds its connection
      return false;
    }
    throw await readProblem(response);
  });
}

/** What a page load starts with: the session of the cookie, or none. */
export async function restoreSession(): Promise<void> {
  sessionStore.set({ status: 'restoring' });
  try {
    if (!(await refreshSession())) sessionStore.set({ status: 'anonymous' });
  } catch {
    sessionStore.set({ status: 'unreachable' });
  }
}

/**
 * A token to use instead of `spent`, which the API refused. Refreshes silently; when that is refused too, the session
 * counts as expired and this waits until its user has logged in again. Null when they did not.
 */
export async function renewToken(spent: string): Promise<string | null> {
  const before = sessionStore.get();
  if (before.status === 'active' && before.user.actingAdmin && before.accessToken === spent) {
    // What was asked for in a customer's name is not done in the administrator's: it is refused.
    await restoreSession();
    return null;
  }
  if (before.status === 'active' && before.accessToken !== spent) return before.accessToken;
  if (before.status === 'active' && !(await refreshSession())) {
    const now = sessionStore.get();
    if (now.status === 'active') sessionStore.set({ status: 'expired', user: now.user });
  }
  return settledToken();
}

function settledToken(): Promise<string | null> {
  return new Promise((resolve) => {
    const settle = (): boolean => {
      const state = sessionStore.get();
      if (state.status === 'expired' || state.status === 'restoring') return false;
      resolve(state.status === 'active' ? state.accessToken : null);
      return true;
    };
    if (settle()) return;
    const unsubscribe = sessionStore.subscribe(() => {
      if (settle()) unsubscribe();
    });
  });
}
