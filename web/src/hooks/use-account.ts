import { type QueryKey, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getTwoFactor, listApiTokens, listPasskeys, listSessions, listSshKeys } from '../account-api.ts';

export const SESSIONS_KEY = ['account', 'sessions'];
export const PASSKEYS_KEY = ['account', 'passkeys'];
export const TOKENS_KEY = ['account', 'tokens'];
export const SSH_KEYS_KEY = ['account', 'ssh-keys'];
export const TWO_FACTOR_KEY = ['account', 'two-factor'];

export const useSessions = () =>
  useQuery({ queryKey: SESSIONS_KEY, queryFn: ({ signal }) => listSessions(signal), staleTime: 0 });
export const usePasskeys = () =>
  useQuery({ queryKey: PASSKEYS_KEY, queryFn: ({ signal }) => listPasskeys(signal), staleTime: 0 });
export const useApiTokens = () =>
  useQuery({ queryKey: TOKENS_KEY, queryFn: ({ signal }) => listApiTokens(signal), staleTime: 0 });
export const useSshKeys = () =>
  useQuery({ queryKey: SSH_KEYS_KEY, queryFn: ({ signal }) => listSshKeys(signal), staleTime: 0 });
export const useTwoFactor = () =>
  useQuery({ queryKey: TWO_FACTOR_KEY, queryFn: ({ signal }) => getTwoFactor(signal), staleTime: 0 });

/** Sends a change; what stands under `key` is read again before `onDone` is called, whatever became of it. */
export function useAccountChange<I, O>(
  key: QueryKey,
  send: (input: I) => Promise<O>,
  onDone?: (answer: O, input: I) => void,
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSettled: async () => client.invalidateQueries({ queryKey: key }),
    onSuccess: (answer, input) => onDone?.(answer, input),
  });
}
