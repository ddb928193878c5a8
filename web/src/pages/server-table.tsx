import { Checkbox, Classes, HTMLTable } from '@blueprintjs/core';
import { CaretDown, CaretUp } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { memo, useRef } from 'react';
import { Link } from 'react-router';
import type { Server } from '../../../contract/servers.ts';
import { OperationLine } from '../components/operation-line.tsx';
import { PickBox } from '../components/pick-box.tsx';
import { ServerSize } from '../components/server-size.tsx';
import { StatusLabel } from '../components/status-label.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import type { Selection } from '../hooks/use-selection.ts';
import { useStore } from '../hooks/use-store.ts';
import { useUser } from '../hooks/use-user.ts';
import { useWindowRows } from '../hooks/use-window-rows.ts';
import { type Column, columnStore, COLUMNS } from '../server-columns.ts';
import { serverOrigin } from '../server-words.ts';
import { ROW_PX } from '../row-heights.ts';
import { AddressCell } from './address-cell.tsx';
import { ServerLabels } from './server-labels.tsx';

export interface ServerListProps {
  servers: Server[];
  isLoading: boolean;
  /** The rows answer an earlier filter while the new answer is under way. */
  isStale: boolean;
  sort: string;
  selection: Selection<Server>;
  onSort: (sort: string) => void;
  onLabel: (label: string) => void;
  /** Reads on; null when there is nothing more, or it is being read. */
  onNearEnd: (() => void) | null;
}

/** The servers as dense rows, for wide screens. */
export function ServerTable(props: ServerListProps) {
  const { servers, isLoading, isStale, selection, onLabel, onNearEnd } = props;
  const columns = useStore(columnStore);
  const body = useRef<HTMLTableSectionElement>(null);
  const { rows, before, after } = useWindowRows(body, { count: servers.length, rowPx: ROW_PX, onNearEnd });
  return (
    <HTMLTable
      compact
      interactive
      className={isStale ? 'server-table is-stale' : 'server-table'}
      aria-busy={isLoading || isStale}
      aria-rowcount={isLoading || onNearEnd ? -1 : servers.length + 1}
    >
      <TableHead {...props} columns={columns} />
      <tbody ref={body}>
        {isLoading && <SkeletonRows columns={columns} />}
        <Room px={before} />
        {rows.map(({ index }) => {
          const server = servers[index];
          if (!server) return null;
          return (
            <Row
              key={server.id}
              server={server}
              rowIndex={index + 2}
              columns={columns}
              isSelected={selection.has(server.id)}
              onToggle={selection.toggle}
              onLabel={onLabel}
            />
          );
        })}
        <Room px={after} />
      </tbody>
    </HTMLTable>
  );
}

/** Stands for the rows that are not rendered. */
function Room({ px }: { px: number }) {
  if (px === 0) return null;
  return (
    <tr aria-hidden="true" className="server-room">
      <td style={{ height: px }} />
    </tr>
  );
}

function TableHead({
  servers,
  selection,
  sort,
  onSort,
  columns,
}: ServerListProps & { columns: readonly Column[] }) {
  const sorting = { sort, onSort };
  const count = selection.items.length;
  return (
    <thead>
      <tr>
        <th className="column-pick">
          <Checkbox
            aria-label={t`Select all that are listed`}
            checked={count > 0 && count === servers.length}
            indeterminate={count > 0 && count < servers.length}
            onChange={selection.toggleAll}
          />
        </th>
        <th className="column-status">
          <Trans>Status</Trans>
        </th>
        <SortHeader label={t`Name`} field="name" {...sorting} className="column-name" />
        {columns.map((column) =>
          column === 'created' ? (
            <SortHeader
              key={column}
              label={t`Created`}
              field="createdAt"
              {...sorting}
              className="column-created"
            />
          ) : (
            <th key={column} className={`column-${column}`}>
              {COLUMNS[column]}
            </th>
          ),
        )}
      </tr>
    </thead>
  );
}

interface RowProps {
  server: Server;
  rowIndex: number;
  columns: readonly Column[];
  isSelected: boolean;
  onToggle: (id: string, isRange: boolean) => void;
  onLabel: (label: string) => void;
}

const Row = memo(function Row({ server, rowIndex, columns, isSelected, onToggle, onLabel }: RowProps) {
  return (
    <tr aria-rowindex={rowIndex} aria-selected={isSelected} className={`rail rail-${server.status}`}>
      <td>
        <PickBox
          label={t`Select ${server.name}`}
          isPicked={isSelected}
          onPick={(isRange) => onToggle(server.id, isRange)}
        />
      </td>
      <td>
        <StatusLabel status={server.status} observedAt={server.statusObservedAt} />
        {server.operation && <OperationLine operation={server.operation} />}
      </td>
      <td>
        <Link to={`/servers/${server.id}`} className="row-link" title={server.name}>
          {server.name}
        </Link>
        <span className="second-line">{serverOrigin(server)}</span>
      </td>
      {columns.map((column) => (
        <td key={column}>
          <Cell column={column} server={server} onLabel={onLabel} />
        </td>
      ))}
    </tr>
  );
});

function Cell({
  column,
  server,
  onLabel,
}: {
  column: Column;
  server: Server;
  onLabel: (label: string) => void;
}) {
  switch (column) {
    case 'plan':
      return (
        <>
          {server.plan.name}
          <ServerSize size={server} />
        </>
      );
    case 'address':
      return <AddressCell server={server} />;
    case 'place':
      return (
        <>
          {server.location ?? server.node ?? <span className="muted">–</span>}
          {server.location && server.node && <span className="second-line">{server.node}</span>}
        </>
      );
    case 'labels':
      return <ServerLabels labels={server.labels} onLabel={onLabel} />;
    case 'account':
      return <AccountName id={server.accountId} />;
    case 'created':
      return (
        <span className="muted">
          <TimeAgo iso={server.createdAt} />
        </span>
      );
  }
}

function AccountName({ id }: { id: string }) {
  const account = useUser()?.accounts.find((mine) => mine.id === id);
  return <span className="sensitive">{account?.name ?? '–'}</span>;
}

interface SortHeaderProps {
  label: string;
  field: 'name' | 'createdAt';
  sort: string;
  onSort: (sort: string) => void;
  className: string;
}

function SortHeader({ label, field, sort, onSort, className }: SortHeaderProps) {
  const present = sort || '-createdAt';
  const isUp = present === field;
  const isDown = present === `-${field}`;
  const next = isUp || (field === 'createdAt' && !isDown) ? `-${field}` : field;
  return (
    <th className={className} aria-sort={isUp ? 'ascending' : isDown ? 'descending' : 'none'}>
      <button type="button" className="sort-button" onClick={() => onSort(next)}>
        {label}
        {isUp && <CaretUp size={12} />}
        {isDown && <CaretDown size={12} />}
      </button>
    </th>
  );
}

function SkeletonRows({ columns }: { columns: readonly Column[] }) {
  return Array.from({ length: 8 }, (_, row) => (
    <tr key={row} aria-hidden="true">
      {['pick', 'status', 'name', ...columns].map((column) => (
        <td key={column}>
          <span className={Classes.SKELETON}>{column === 'pick' ? 'o' : 'placeholder'}</span>
        </td>
      ))}
    </tr>
  ));
}
