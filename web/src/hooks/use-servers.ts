import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { listServers, type ServerFilter } from '../api.ts';
import { serversKey, withNews } from '../live-cache.ts';
import { usePollInterval } from './use-poll-interval.ts';

/** The caller's servers, page by page; polls only while events do not arrive. */
export function useServers(filter: ServerFilter) {
  const pollInterval = usePollInterval();
  return useInfiniteQuery({
    queryKey: serversKey(filter),
    queryFn: ({ pageParam, signal }) =>
      withNews(
        () => listServers(filter, pageParam, signal),
        (page) => page.items,
        (page, items) => ({ ...page, items }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      pollInterval(state.data?.pages.some((page) => page.items.some((item) => item.operation)) ?? false),
  });
}
