import { useQuery } from '@tanstack/react-query';
import { listPasskeys } from '../account-api.ts';

export const PASSKEYS_KEY = ['account', 'passkeys'];

export const usePasskeys = () =>
  useQuery({ queryKey: PASSKEYS_KEY, queryFn: ({ signal }) => listPasskeys(signal), staleTime: 0 });
