import { useInfiniteQuery } from '@tanstack/react-query';
import type { AuditEntryList } from '../../../contract/audit-log.ts';
import { json } from '../api.ts';
import { serverAuditKey } from '../live-cache.ts';
import { usePollInterval } from './use-poll-interval.ts';

/** Who did what to a server, newest first; events of the server say when to read it again. */
export function useServerAudit(serverId: string) {
  const pollInterval = usePollInterval();
  return useInfiniteQuery({
    queryKey: serverAuditKey(serverId),
    queryFn: ({ pageParam, signal }) =>
      json<AuditEntryList>(
        `/servers/${serverId}/audit?${new URLSearchParams(pageParam ? { before: pageParam } : {})}`,
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextBefore,
    refetchInterval: () => pollInterval(false),
  });
}
