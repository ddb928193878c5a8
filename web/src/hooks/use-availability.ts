import { useQuery } from '@tanstack/react-query';
import type { Availability } from '../../../contract/catalog.ts';
import { listAvailability } from '../api.ts';

const A_MINUTE_MS = 60_000;

/** Where there is room for which plan with this template; undefined until that is known. */
export function useAvailability(templateId: string): Availability[] | undefined {
  const { data } = useQuery({
    queryKey: ['availability', templateId],
    queryFn: async ({ signal }) => (await listAvailability(templateId, signal)).items,
    enabled: templateId !== '',
    staleTime: A_MINUTE_MS,
  });
  return data;
}
