import { Button, Tag } from '@blueprintjs/core';
import { Search } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Link } from 'react-router';
import type { ManagedAccount, UpdateAccount } from '../../../contract/people.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { TextField } from '../components/text-field.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { AdminPage } from './admin-page.tsx';
import { type Column, DataTable } from './data-table.tsx';
import { SearchField } from '../components/search-field.tsx';
import { UseBar } from './use-bar.tsx';
import { ROLES } from '../role-words.ts';
import { useParam } from '../hooks/use-param.ts';
import { useAdminChange, useRows } from './use-admin.ts';

type Deed = 'quota' | 'suspend';

/** Who owns servers. */
export function AccountsPage() {
  const [search, setSearch] = useParam('search');
  const rows = useRows<ManagedAccount>('/admin/accounts', { search });
  const [wish, setWish] = useState<{ account: ManagedAccount; deed: Deed } | null>(null);
  return (
    <AdminPage title={t`Accounts`}>
      <div className="filter-bar">
        <SearchField
          label={t`Search accounts`}
          placeholder={t`Name, or e-mail address of a member`}
          value={search}
          onSearch={setSearch}
        />
      </div>
      <DataTable
        label={t`Accounts`}
        rows={rows}
        columns={columns((account, deed) => setWish({ account, deed }))}
        empty={<NoticeState level={2} icon={<Search size={40} />} title={t`No account matches`} />}
      />
      {wish?.deed === 'quota' && <QuotaDialog account={wish.account} onClose={() => setWish(null)} />}
      {wish?.deed === 'suspend' && <SuspendDialog account={wish.account} onClose={() => setWish(null)} />}
    </AdminPage>
  );
}

const columns = (onDeed: (account: ManagedAccount, deed: Deed) => void): Column<ManagedAccount>[] => [
  {
    title: t`Account`,
    cell: ({ name, suspendedAt }) => (
      <span>
        <strong className="sensitive">{name}</strong>{' '}
        {suspendedAt && (
          <Tag minimal intent="warning">
            <Trans>suspended</Trans>
          </Tag>
        )}
      </span>
    ),
  },
  {
    title: t`Members`,
    cell: ({ members }) => <Members members={members} />,
  },
  {
    title: t`Servers`,
    cell: ({ id, name, servers, maxServers }) => (
      <>
        <Link
          to={`/admin/servers?q=account:${id}`}
          className="numeric"
        >{t`${servers} of ${maxServers}`}</Link>
        <UseBar label={t`Quota of ${name} in use`} used={servers} total={maxServers} />
      </>
    ),
  },
  { title: t`Since`, cell: ({ createdAt }) => <TimeAgo iso={createdAt} /> },
  {
    title: t`Actions`,
    isActions: true,
    cell: (account) => (
      <span className="row-actions">
        <Button
          size="small"
          text={t`Quota`}
          aria-label={t`Quota of ${account.name}`}
          onClick={() => onDeed(account, 'quota')}
        />
        <Button
          size="small"
          text={account.suspendedAt ? t`Lift suspension` : t`Suspend`}
          aria-label={
            account.suspendedAt ? t`Lift the suspension of ${account.name}` : t`Suspend ${account.name}`
          }
          onClick={() => onDeed(account, 'suspend')}
        />
      </span>
    ),
  },
];

function Members({ members }: Pick<ManagedAccount, 'members'>) {
  if (members.length === 0) return <>–</>;
  return members.map(({ id, email, role }) => (
    <div key={id}>
      <Link to={`/admin/users?search=${encodeURIComponent(email)}`}>{email}</Link>
      <span className="muted">{` ${ROLES[role].title}`}</span>
    </div>
  ));
}

interface AccountDialogProps {
  account: ManagedAccount;
  onClose: () => void;
}

const useAccountChange = (id: string, onClose: () => void) =>
  useAdminChange<UpdateAccount>(
    { path: () => `/admin/accounts/${id}`, method: 'PATCH', body: (input) => input },
    { onDone: onClose, isRefusalShown: true },
  );

function QuotaDialog({ account: { id, name, servers, maxServers }, onClose }: AccountDialogProps) {
  const [text, setText] = useState(String(maxServers));
  const change = useAccountChange(id, onClose);
  const isNumber = /^\d{1,6}$/.test(text.trim());
  const fields = useFields({ maxServers: isNumber ? null : t`Enter a number, or 0 for none` }, change.error);
  return (
    <ChangeDialog
      className="narrow-dialog sensitive-title"
      title={t`Quota of ${name}`}
      keep={t`Cancel`}
      submit={t`Save quota`}
      fields={fields}
      change={change}
      onSubmit={() => change.mutate({ maxServers: Number(text) })}
      onClose={onClose}
    >
      <TextField
        label={t`How many servers it may have`}
        help={t`It has ${servers}. With fewer it keeps those and can order none.`}
        isNumber
        autoFocus
        wrong={fields.wrong.maxServers}
        value={text}
        onChange={setText}
      />
    </ChangeDialog>
  );
}

function SuspendDialog({ account: { id, name, suspendedAt }, onClose }: AccountDialogProps) {
  const isSuspended = suspendedAt !== null;
  const change = useAccountChange(id, onClose);
  return (
    <ChangeDialog
      className="narrow-dialog sensitive-title"
      title={isSuspended ? t`Lift the suspension of ${name}?` : t`Suspend ${name}?`}
      keep={t`Leave it as it is`}
      submit={isSuspended ? t`Lift suspension` : t`Suspend account`}
      isHarsh={!isSuspended}
      change={change}
      onSubmit={() => change.mutate({ suspended: !isSuspended })}
      onClose={onClose}
    >
      <p>
        {isSuspended
          ? t`It can order servers again.`
          : t`It can order nothing and make no server larger. Its servers run on: suspend them one by one, on their pages, if they are to stop.`}
      </p>
    </ChangeDialog>
  );
}
