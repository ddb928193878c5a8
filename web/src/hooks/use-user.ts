import type { User } from '../../../contract/auth.ts';
import { sessionStore } from '../session.ts';
import { useStore } from './use-store.ts';

/** Who looks; undefined before that is known. */
export function useUser(): User | undefined {
  const session = useStore(sessionStore);
  return 'user' in session ? session.user : undefined;
}
