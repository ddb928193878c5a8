import { useQuery } from '@tanstack/react-query';
import { listAllOperations } from '../api.ts';
import { allOperationsKey, isLiveOperation, withNews } from '../live-cache.ts';
import { usePollInterval } from './use-poll-interval.ts';

/** The operations of all servers that are under way, or the last that are over; polls only while events do not arrive. */
export function useAllOperations(which: 'live' | 'over') {
  const pollInterval = usePollInterval();
  return useQuery({
    queryKey: allOperationsKey(which),
    queryFn: async ({ signal }) => {
      const { items } = await withNews(
        () => listAllOperations(which, signal),
        (page) => page.items,
        (page, fresh) => ({ ...page, items: fresh }),
      );
      return items.filter((operation) => isLiveOperation(operation) === (which === 'live'));
    },
    refetchInterval: ({ state }) => pollInterval((state.data?.length ?? 0) > 0 && which === 'live'),
  });
}
