import type { Session } from '../../contract/auth.ts';
import { apiFetch, json } from './api.ts';
import { dropSession, refreshSession, sessionStore } from './session.ts';

/**
 * Looks through the eyes of a customer. The session is in this tab's memory only: the cookie stays the administrator's, so
 * that other tabs and a reload are theirs. Throws as every request does.
 */
export async function signInAs(userId: string): Promise<void> {
  const { accessToken, user } = await json<Session>(`/admin/users/${userId}/sessions`, { method: 'POST' });
  sessionStore.set({ status: 'active', accessToken, user });
}

/** Is oneself again, and ends the session that was the customer's. */
export async function leaveActing(userId: string): Promise<void> {
  if (!(await refreshSession())) return dropSession();
  await apiFetch(`/admin/users/${userId}/sessions`, { method: 'DELETE' }).catch(() => null);
}
