import { isAdminsOwn } from '../contract-words.ts';
import { sessionStore } from '../session.ts';
import { useStore } from './use-store.ts';

/** Whether the one who looks is an administrator. */
export function useIsAdmin(): boolean {
  const session = useStore(sessionStore);
  return 'user' in session && session.user.role === 'admin';
}

/** Whether the one who looks may cancel an operation of this type, as long as that is possible. */
export function useMayCancel(type: string): boolean {
  const isAdmin = useIsAdmin();
  return isAdmin || !isAdminsOwn(type);
}
