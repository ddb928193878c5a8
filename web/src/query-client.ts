import { QueryClient } from '@tanstack/react-query';
import { ApiError, isOutcomeUnknown } from './api-error.ts';
import { sessionStore } from './session.ts';

/** A cache that forgets everything as soon as its user is another one or none. */
export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, error) => failures < 2 && (isOutcomeUnknown(error) || !(error instanceof ApiError)),
      },
      // A change must fail at once when offline, not wait in silence and happen later.
      mutations: { networkMode: 'always', retry: false },
    },
  });
  let userId: string | null = null;
  sessionStore.subscribe(() => {
    const session = sessionStore.get();
    const nextId = 'user' in session ? session.user.id : null;
    if (userId !== null && nextId !== userId) client.clear();
    userId = nextId;
  });
  return client;
}
