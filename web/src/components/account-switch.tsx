import { t } from '@lingui/core/macro';
import { useLocation, useSearchParams } from 'react-router';
import type { User } from '../../../contract/auth.ts';
import { accountChoice } from '../account-choice.ts';
import { useStore } from '../hooks/use-store.ts';
import { Select } from './select.tsx';

/** Which account is looked at and ordered for; nothing for somebody who has only one. */
export function AccountSwitch({ accounts }: { accounts: User['accounts'] }) {
  const chosen = useStore(accountChoice);
  const { pathname } = useLocation();
  const [, setParams] = useSearchParams();
  if (accounts.length < 2) return null;
  function choose(id: string): void {
    // The list says in its address what it shows, and that becomes the choice.
    if (pathname !== '/') return accountChoice.set(id || null);
    setParams((before) => {
      before.set('account', id || 'all');
      return before;
    });
  }
  return (
    <Select
      className="account-switch sensitive"
      aria-label={t`Account`}
      value={accounts.some(({ id }) => id === chosen) ? (chosen ?? '') : ''}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      <option value="">{t`All accounts`}</option>
      {accounts.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </Select>
  );
}
