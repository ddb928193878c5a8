import { Button, Tag } from '@blueprintjs/core';
import { Plus, Search } from '@blueprintjs/icons';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Person } from '../../../contract/people.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { AdminPage } from './admin-page.tsx';
import { type Column, DataTable } from './data-table.tsx';
import { SearchField } from '../components/search-field.tsx';
import { FactorsDialog } from './factors-dialog.tsx';
import { AddUserDialog, DisableDialog, LinkDialog, SignInAsDialog } from './user-dialogs.tsx';
import { useParam } from '../hooks/use-param.ts';
import { ROLES } from '../role-words.ts';
import { useRows } from './use-admin.ts';

type Deed = 'link' | 'disable' | 'sign-in' | 'factors';

/** Everybody who can log in. */
export function UsersPage() {
  const [search, setSearch] = useParam('search');
  const rows = useRows<Person>('/admin/users', { search });
  const [wish, setWish] = useState<{ user: Person; deed: Deed } | null>(null);
  const [isAdding, setIsAdding] = useState(false);
  const close = (): void => setWish(null);
  return (
    <AdminPage
      title={t`Users`}
      action={
        <Button intent="primary" icon={<Plus />} text={t`Add user`} onClick={() => setIsAdding(true)} />
      }
    >
      <div className="filter-bar">
        <SearchField
          label={t`Search users`}
          placeholder={t`E-mail address, name or account`}
          value={search}
          onSearch={setSearch}
        />
      </div>
      <DataTable
        label={t`Users`}
        rows={rows}
        columns={columns((user, deed) => setWish({ user, deed }))}
        empty={<NoticeState level={2} icon={<Search size={40} />} title={t`No user matches`} />}
      />
      {wish?.deed === 'link' && <LinkDialog user={wish.user} onClose={close} />}
      {wish?.deed === 'disable' && <DisableDialog user={wish.user} onClose={close} />}
      {wish?.deed === 'sign-in' && <SignInAsDialog user={wish.user} onClose={close} />}
      {wish?.deed === 'factors' && <FactorsDialog user={wish.user} onClose={close} />}
      {isAdding && <AddUserDialog onClose={() => setIsAdding(false)} />}
    </AdminPage>
  );
}

const columns = (onDeed: (user: Person, deed: Deed) => void): Column<Person>[] => [
  {
    title: t`User`,
    cell: ({ email, name, role }) => (
      <span>
        <strong>{email}</strong>{' '}
        {role === 'admin' && (
          <Tag minimal intent="primary">
            <Trans>administrator</Trans>
          </Tag>
        )}
        <span className="second-line sensitive">{name}</span>
      </span>
    ),
  },
  {
    title: t`Accounts`,
    cell: ({ accounts }) =>
      accounts.length === 0
        ? '–'
        : accounts.map(({ id, name, role }) => (
            <div key={id}>
              <Link className="sensitive" to={`/admin/accounts?search=${encodeURIComponent(name)}`}>
                {name}
              </Link>
              <span className="muted">{` ${ROLES[role].title}`}</span>
            </div>
          )),
  },
  {
    title: t`State`,
    cell: ({ disabledAt, hasPassword, hasTwoFactor, passkeys }) => (
      <>
        <Tag minimal intent={disabledAt ? 'danger' : hasPassword ? 'none' : 'warning'}>
          {disabledAt ? t`disabled` : hasPassword ? t`active` : t`no password yet`}
        </Tag>
        {hasTwoFactor && <span className="second-line">{t`codes of an app`}</span>}
        {passkeys > 0 && (
          <span className="second-line">{plural(passkeys, { one: '# passkey', other: '# passkeys' })}</span>
        )}
      </>
    ),
  },
  {
    title: t`Last seen`,
    cell: ({ lastSeenAt }) => (lastSeenAt ? <TimeAgo iso={lastSeenAt} /> : t`never`),
  },
  { title: t`Since`, cell: ({ createdAt }) => <TimeAgo iso={createdAt} /> },
  {
    title: t`Actions`,
    isActions: true,
    cell: (user) => {
      const { email, role, disabledAt } = user;
      return (
        <span className="row-actions">
          {role === 'customer' && !disabledAt && (
            <Button
              size="small"
              text={t`Sign in as`}
              aria-label={t`Sign in as ${email}`}
              onClick={() => onDeed(user, 'sign-in')}
            />
          )}
          {!disabledAt && (
            <Button
              size="small"
              text={t`Password link`}
              aria-label={t`Password link for ${email}`}
              onClick={() => onDeed(user, 'link')}
            />
          )}
          {(user.hasTwoFactor || user.passkeys > 0) && (
            <Button
              size="small"
              text={t`Lost device`}
              aria-label={t`Lost device of ${email}`}
              onClick={() => onDeed(user, 'factors')}
            />
          )}
          <Button
            size="small"
            text={disabledAt ? t`Enable` : t`Disable`}
            aria-label={disabledAt ? t`Enable ${email}` : t`Disable ${email}`}
            onClick={() => onDeed(user, 'disable')}
          />
        </span>
      );
    },
  },
];
