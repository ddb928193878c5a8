import { Checkbox } from '@blueprintjs/core';
import { CloudServer } from '@blueprintjs/icons';
import { useMemo } from 'react';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Link } from 'react-router';
import { parseServerSearch } from '../../../contract/server-search.ts';
import type { Server } from '../../../contract/servers.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { OperationLine } from '../components/operation-line.tsx';
import { StatusLabel } from '../components/status-label.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { type Selection, useSelection } from '../hooks/use-selection.ts';
import { useServers } from '../hooks/use-servers.ts';
import { AddressCell } from '../pages/address-cell.tsx';
import { BulkBar } from '../pages/bulk-bar.tsx';
import { AdminPage } from './admin-page.tsx';
import { type Column, DataTable } from './data-table.tsx';
import { SearchField } from '../components/search-field.tsx';
import { useParam } from '../hooks/use-param.ts';
import { useAttention } from './use-admin.ts';
import { inLanguage } from '../contract-words.ts';

/** The servers of all accounts, found by terms, live, and switched several at once. */
export function AllServersPage() {
  const [q, setQ] = useParam('q');
  const { faults } = useMemo(() => parseServerSearch(q), [q]);
  return (
    <AdminPage title={t`All servers`}>
      <div className="filter-bar" role="search">
        <SearchField
          label={t`Search servers`}
          placeholder="shop status:stopped node:pve1"
          describedBy="search-help"
          isWrong={faults.length > 0}
          value={q}
          onSearch={setQ}
        />
      </div>
      <div id="search-help" className="admin-about">
        {faults.length > 0 ? (
          <div role="alert">
            {faults.map(({ term, message, said }) => (
              <p key={term} className="field-wrong">
                <code>{term}</code>: {inLanguage(message, said)}
              </p>
            ))}
          </div>
        ) : (
          <>
            <Trans>
              Words of the name, the host name or an address, and <code>status:</code> <code>node:</code>{' '}
              <code>account:</code> <code>ip:</code> <code>plan:</code> <code>vmid:</code>. All have to hold.
            </Trans>
          </>
        )}
      </div>
      <UnknownServers isShown={q.trim() === UNKNOWN} />
      {faults.length === 0 && <FoundServers q={q} />}
    </AdminPage>
  );
}

const UNKNOWN = 'status:unknown';

/** What the number beside the page's name counts. */
function UnknownServers({ isShown }: { isShown: boolean }) {
  const count = useAttention().data?.unknownServers ?? 0;
  if (count === 0 || isShown) return null;
  return (
    <p>
      {plural(count, {
        one: '# server could not be seen on Proxmox VE within the last minute.',
        other: '# servers could not be seen on Proxmox VE within the last minute.',
      })}{' '}
      <Link to={`/admin/servers?q=${UNKNOWN}`}>
        <Trans>Show them only</Trans>
      </Link>
    </p>
  );
}

function FoundServers({ q }: { q: string }) {
  const filter = useMemo(() => ({ search: '', status: '', label: '', account: '', sort: '', q }), [q]);
  const query = useServers(filter);
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const selection = useSelection(items);
  return (
    <>
      <DataTable
        label={t`Servers`}
        rows={{ items, query }}
        columns={columns(selection)}
        empty={
          <NoticeState
            level={2}
            icon={<CloudServer size={40} />}
            title={q ? t`No server matches` : t`No servers yet`}
          />
        }
      />
      <BulkBar selection={selection} />
    </>
  );
}

const columns = ({ has, toggle }: Selection<Server>): Column<Server>[] => [
  {
    get title() {
      return t`Server`;
    },
    cell: ({ id, name, hostname }) => (
      <span className="picked-row">
        <Checkbox
          className="row-switch"
          aria-label={t`Select ${name}`}
          checked={has(id)}
          onChange={({ nativeEvent }) =>
            toggle(id, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)
          }
        />
        <span>
          <Link to={`/servers/${id}`}>
            <strong>{name}</strong>
          </Link>
          {hostname && <span className="second-line">{hostname}</span>}
        </span>
      </span>
    ),
  },
  {
    get title() {
      return t`Status`;
    },
    cell: ({ status, statusObservedAt, operation }) => (
      <>
        <StatusLabel status={status} observedAt={statusObservedAt} />
        {operation && <OperationLine operation={operation} />}
      </>
    ),
  },
  {
    get title() {
      return t`Account`;
    },
    cell: ({ accountId, accountName }) => (
      <Link className="sensitive" to={`/admin/servers?q=account:${accountId}`}>
        {accountName}
      </Link>
    ),
  },
  {
    get title() {
      return t`Addresses`;
    },
    cell: (server) => <AddressCell server={server} />,
  },
  {
    get title() {
      return t`Node`;
    },
    cell: ({ node, location }) => (
      <>
        {node ?? '–'}
        <span className="second-line unbroken">{location}</span>
      </>
    ),
  },
  {
    get title() {
      return t`Plan`;
    },
    cell: ({ plan }) => plan.name,
  },
  {
    get title() {
      return t`Created`;
    },
    cell: ({ createdAt }) => <TimeAgo iso={createdAt} />,
  },
  {
    get title() {
      return t`Actions`;
    },
    isActions: true,
    cell: ({ id, name }) => (
      <Link to={`/admin/servers/${id}/truth`} aria-label={t`Compare ${name} with Proxmox VE`}>
        <Trans>Compare</Trans>
      </Link>
    ),
  },
];
