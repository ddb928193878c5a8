import { sessionStore } from '../session.ts';
import { useStore } from './use-store.ts';

/** Whether the one who looks is an administrator. */
export function useIsAdmin(): boolean {
  const session = useStore(sessionStore);
  return 'user' in session && session.user.role === 'admin';
}
