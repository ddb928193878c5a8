import { useInfiniteQuery } from '@tanstack/react-query';
import { listOperations } from '../api.ts';
import { isLiveOperation, operationsKey, withNews } from '../live-cache.ts';
import { usePollInterval } from './use-poll-interval.ts';

/** A server's operations, newest first; polls only while events do not arrive. */
export function useOperations(serverId: string) {
  const pollInterval = usePollInterval();
  return useInfiniteQuery({
    queryKey: operationsKey(serverId),
    queryFn: ({ pageParam, signal }) =>
      withNews(
        () => listOperations(serverId, pageParam, signal),
        (page) => page.items,
        (page, items) => ({ ...page, items }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: ({ state }) =>
      pollInterval(state.data?.pages.some((page) => page.items.some(isLiveOperation)) ?? false),
  });
}
