import type { User } from '../../../contract/auth.ts';
import { accountChoice } from '../account-choice.ts';
import { useOrderingAccounts } from './use-forbidden.ts';
import { useStore } from './use-store.ts';
import { useUser } from './use-user.ts';

/** The account chosen in the header where its role allows it, else the first that does; undefined when there is no choice. */
export function useOrderedFor(): User['accounts'][number] | undefined {
  const accounts = useOrderingAccounts() ?? [];
  const chosen = useStore(accountChoice);
  const user = useUser();
  if ((user?.accounts.length ?? 0) < 2) return undefined;
  return accounts.find(({ id }) => id === chosen) ?? accounts[0];
}
