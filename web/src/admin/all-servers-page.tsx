import { HTMLSelect, Tag } from '@blueprintjs/core';
import { CloudServer } from '@blueprintjs/icons';
import { Link } from 'react-router';
import type { Server } from '../../../contract/servers.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { OperationLine } from '../components/operation-line.tsx';
import { STATUS_WORDS, StatusLabel } from '../components/status-label.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { AdminPage } from './admin-page.tsx';
import { type Column, DataTable } from './data-table.tsx';
import { SearchField } from './search-field.tsx';
import { useParam, useRows } from './use-admin.ts';

const READ_AGAIN_MS = 5_000;

/** The servers of all accounts. */
export function AllServersPage() {
  const [search, setSearch] = useParam('search');
  const [status, setStatus] = useParam('status');
  const [account, setAccount] = useParam('account');
  const rows = useRows<Server>('/servers', { search, status, accountId: account }, READ_AGAIN_MS);
  return (
    <AdminPage title="All servers">
      <div className="filter-bar">
        <SearchField
          label="Search servers"
          placeholder="Name, host name or address"
          value={search}
          onSearch={setSearch}
        />
        <HTMLSelect
          aria-label="Status"
          value={status}
          onChange={(event) => setStatus(event.currentTarget.value)}
        >
          <option value="">Any status</option>
          {Object.entries(STATUS_WORDS).map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </HTMLSelect>
        {account && (
          <Tag minimal size="large" onRemove={() => setAccount('')}>
            {rows.items[0]?.accountName ?? 'One account'}
          </Tag>
        )}
      </div>
      <DataTable
        label="Servers"
        rows={rows}
        columns={COLUMNS}
        empty={
          <NoticeState
            level={2}
            icon={<CloudServer size={40} />}
            title={search || status || account ? 'No server matches' : 'No servers yet'}
          />
        }
      />
    </AdminPage>
  );
}

const COLUMNS: Column<Server>[] = [
  {
    title: 'Server',
    cell: ({ id, name, hostname }) => (
      <span>
        <Link to={`/servers/${id}`}>
          <strong>{name}</strong>
        </Link>
        {hostname && <span className="second-line">{hostname}</span>}
      </span>
    ),
  },
  {
    title: 'Status',
    cell: ({ status, statusObservedAt, operation }) => (
      <>
        <StatusLabel status={status} observedAt={statusObservedAt} />
        {operation && <OperationLine operation={operation} />}
      </>
    ),
  },
  {
    title: 'Account',
    cell: ({ accountId, accountName }) => (
      <Link to={`/admin/servers?account=${accountId}`}>{accountName}</Link>
    ),
  },
  {
    title: 'Addresses',
    cell: ({ ipAddresses }) => ipAddresses.map(({ address }) => address).join(', ') || '–',
  },
  {
    title: 'Node',
    cell: ({ node, location }) => (
      <>
        {node ?? '–'}
        <span className="second-line">{location}</span>
      </>
    ),
  },
  { title: 'Plan', cell: ({ plan }) => plan.name },
  { title: 'Created', cell: ({ createdAt }) => <TimeAgo iso={createdAt} /> },
  {
    title: 'Actions',
    isActions: true,
    cell: ({ id, name }) => (
      <Link to={`/admin/servers/${id}/truth`} aria-label={`Truth of ${name}`}>
        Truth
      </Link>
    ),
  },
];
