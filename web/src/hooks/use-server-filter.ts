import { useCallback, useEffect, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { accountChoice } from '../account-choice.ts';
import type { ServerFilter } from '../api.ts';
import { ALL_ACCOUNTS, parseFilter, rememberedAccount } from '../server-filter.ts';
import { useStore } from './use-store.ts';
import { useUser } from './use-user.ts';

/**
 * The filter lives in the address, so that it survives a reload and can be sent to somebody. The account is the one
 * chosen before unless the address names another, which is then the chosen one.
 */
export function useServerFilter(): [ServerFilter, (change: Partial<ServerFilter>) => void] {
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  const change = useCallback(
    (changes: Partial<ServerFilter>) => {
      setParams(
        (before) => {
          for (const [name, value] of Object.entries(changes)) {
            if (value || name === 'account') before.set(name, value || ALL_ACCOUNTS);
            else before.delete(name);
          }
          return before;
        },
        { replace: true },
      );
    },
    [setParams],
  );
  const account = useAccount(params.get('account'), change);
  const filter = useMemo(() => ({ ...parseFilter(new URLSearchParams(text)), account }), [text, account]);
  return [filter, change];
}

function useAccount(asked: string | null, change: (change: Partial<ServerFilter>) => void): string {
  const chosen = useStore(accountChoice);
  const user = useUser();
  const isOwn = (id: string | null) => user?.accounts.some((mine) => mine.id === id) === true;
  const isChoice = asked === ALL_ACCOUNTS || isOwn(asked);
  const choice = asked === ALL_ACCOUNTS ? null : asked;
  const missing = rememberedAccount(asked, chosen, user);
  useEffect(() => {
    if (isChoice) accountChoice.set(choice);
    else if (missing) change({ account: missing });
  }, [isChoice, choice, missing, change]);
  return choice ?? missing ?? '';
}
