import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { listServers, type ServerFilter } from '../api.ts';
import { serversKey, withNews } from '../live-cache.ts';
import { usePollInterval } from './use-poll-interval.ts';

/** Which servers a search finds is told by no event. */
const SEARCH_AGAIN_MS = 10_000;

/** The caller's servers, page by page; polls only while events do not arrive, or for what they do not tell. */
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
      pollInterval(state.data?.pages.some((page) => page.items.some((item) => item.operation)) ?? false) ||
      (filter.q ? SEARCH_AGAIN_MS : false),
  });
}
