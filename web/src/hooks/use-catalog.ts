import { useQuery } from '@tanstack/react-query';
import { getSettings, listPlans, listTemplates } from '../api.ts';

const FIVE_MINUTES_MS = 300_000;

/** The plans on offer. */
export function usePlans() {
  return useQuery({
    queryKey: ['plans'],
    queryFn: async ({ signal }) => (await listPlans(signal)).items,
    staleTime: FIVE_MINUTES_MS,
  });
}

/** The templates on offer. */
export function useTemplates() {
  return useQuery({
    queryKey: ['templates'],
    queryFn: async ({ signal }) => (await listTemplates(signal)).items,
    staleTime: FIVE_MINUTES_MS,
  });
}

/** How long a deleted server can be had back, in hours; undefined until that is known. */
export function useDeleteGraceHours(): number | undefined {
  const { data } = useQuery({
    queryKey: ['settings'],
    queryFn: async ({ signal }) => getSettings(signal),
    staleTime: FIVE_MINUTES_MS,
  });
  return data?.deleteGraceHours;
}
