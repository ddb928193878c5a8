import { type InfiniteData, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Server, ServerList } from '../../../contract/servers.ts';
import { getServer } from '../api.ts';
import { problemCode } from '../api-error.ts';
import { serverKey, withNews } from '../live-cache.ts';
import { usePollInterval } from './use-poll-interval.ts';

/** No event tells how much a VM uses. */
const USAGE_MS = 20_000;

/** One server; null once it was deleted while being looked at. Shows at once what a list already knew of it. */
export function useServer(id: string) {
  const client = useQueryClient();
  const pollInterval = usePollInterval();
  return useQuery<Server | null>({
    queryKey: serverKey(id),
    queryFn: ({ signal }) =>
      withNews<Server, Server | null>(
        () => getServer(id, signal).catch((error: unknown) => nullIfDeleted(error)),
        (server) => (server ? [server] : []),
        (_, [server]) => server ?? null,
      ),
    placeholderData: () =>
      client
        .getQueriesData<InfiniteData<ServerList>>({ queryKey: ['servers'] })
        .flatMap(([, pages]) => pages?.pages ?? [])
        .flatMap((page) => page.items)
        .find((server) => server.id === id),
    refetchInterval: ({ state }) =>
      state.data === null ? false : pollInterval(Boolean(state.data?.operation)) || USAGE_MS,
  });

  function nullIfDeleted(error: unknown): null {
    const wasThere = client.getQueryData(serverKey(id));
    if (problemCode(error) === 'not_found' && wasThere !== undefined) return null;
    throw error;
  }
}
