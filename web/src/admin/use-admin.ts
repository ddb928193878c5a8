import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type UseInfiniteQueryResult,
} from '@tanstack/react-query';
import type { AdminSettings, Attention } from '../../../contract/admin.ts';
import { type ApiRequest, json } from '../api.ts';
import { useSubmit } from '../hooks/use-submit.ts';
import { showToast } from '../toaster.ts';

const READ_AGAIN_MS = 10_000;

interface Page<T> {
  items: T[];
  nextCursor: string | null;
  total?: number;
}

export interface Rows<T> {
  items: T[];
  /** How many there are, where the API says so and does not list all of them. */
  total?: number | undefined;
  query: Pick<
    UseInfiniteQueryResult,
    'isPending' | 'isError' | 'error' | 'refetch' | 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'
  > & { isPlaceholderData: boolean; isSuccess: boolean };
}

/** What a list of the API holds, page by page, read again while somebody looks. What is empty in `filter` is not asked for. */
export function useRows<T>(
  path: string,
  filter: Record<string, string> = {},
  everyMs = READ_AGAIN_MS,
): Rows<T> {
  const query = useInfiniteQuery({
    queryKey: ['admin', path, filter],
    queryFn: ({ pageParam, signal }) => {
      const given = Object.entries(filter).filter(([, value]) => value !== '');
      const params = new URLSearchParams([
        ...given,
        ...(pageParam ? [['cursor', pageParam] as [string, string]] : []),
      ]);
      return json<Page<T>>(params.size > 0 ? `${path}?${params}` : path, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: everyMs,
  });
  return {
    items: query.data?.pages.flatMap((page) => page.items) ?? [],
    total: query.data?.pages[0]?.total,
    query,
  };
}

/** One thing of the API, read again while somebody looks. */
export function useThing<T>(path: string, everyMs: number | false = READ_AGAIN_MS) {
  return useQuery({
    queryKey: ['admin', path],
    queryFn: ({ signal }) => json<T>(path, { signal }),
    refetchInterval: everyMs,
  });
}

/** Read again after every event of the stream, too (ATTENTION_KEY). */
export const useAttention = () => useThing<Attention>('/admin/attention');
export const useAdminSettings = () => useThing<AdminSettings>('/admin/settings', false);

interface Change<T> {
  path: (input: T) => string;
  method?: NonNullable<ApiRequest['method']>;
  body?: (input: T) => unknown;
}

/**
 * Changes something; then everything on the page is read again. A refusal is shown as a toast, unless `isRefusalShown` says that
 * whoever calls shows it.
 */
export function useAdminChange<T, Answer = unknown>(
  { path, method = 'POST', body }: Change<T>,
  { onDone, isRefusalShown = false }: { onDone?: (answer: Answer) => void; isRefusalShown?: boolean } = {},
) {
  const client = useQueryClient();
  const submit = useSubmit();
  return useMutation({
    mutationFn: (input: T) =>
      submit({ path: path(input), input }, async (idempotencyKey) => {
        const content = body?.(input);
        return json<Answer>(path(input), {
          method,
          idempotencyKey,
          ...(content === undefined ? {} : { body: content }),
        });
      }),
    onSuccess: async (answer) => {
      onDone?.(answer);
      await client.invalidateQueries({ queryKey: ['admin'] });
    },
    onError: (error) => {
      if (!isRefusalShown) showToast({ message: error.message, intent: 'danger' });
    },
  });
}
