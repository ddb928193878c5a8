import { Checkbox, Classes } from '@blueprintjs/core';
import { CaretDown, CaretUp } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { memo, useLayoutEffect, useRef, useState } from 'react';
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
import { placeRows, type RowPlace } from '../row-places.ts';
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

/** The servers as dense rows, for wide screens. The roles are said because the style sheet makes no table of it. */
export function ServerTable(props: ServerListProps) {
  const { servers, isLoading, isStale, onNearEnd } = props;
  const columns = useStore(columnStore);
  return (
    <table
      role="table"
      className={isStale ? 'server-table is-stale' : 'server-table'}
      aria-busy={isLoading || isStale}
      aria-rowcount={isLoading || onNearEnd ? -1 : servers.length + 1}
    >
      <TableHead {...props} columns={columns} />
      <TableBody {...props} columns={columns} />
    </table>
  );
}

/** Renders anew whenever other rows come in sight, and with it only those. */
function TableBody({
  servers,
  isLoading,
  selection,
  onLabel,
  onNearEnd,
  columns,
}: ServerListProps & { columns: readonly Column[] }) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [isByKey, setIsByKey] = useState(false);
  const { rows, isScrolling } = useWindowRows(body, { count: servers.length, rowPx: ROW_PX, onNearEnd });
  const indexes = new Map(rows.map(({ index }) => [servers[index]?.id ?? '', index]));
  // While the wheel turns nobody follows their order, but the keyboard does, and screen readers at rest.
  const places = usePlaces([...indexes.keys()], (!isScrolling || isByKey) && !isPressed());
  return (
    <tbody
      ref={body}
      role="rowgroup"
      style={{ height: isLoading ? undefined : servers.length * ROW_PX }}
      onKeyDown={() => setIsByKey(true)}
      onBlur={() => setIsByKey(false)}
    >
      {isLoading && <SkeletonRows columns={columns} />}
      {places.map(({ key, id }) => {
        const index = indexes.get(id) ?? 0;
        const server = servers[index];
        if (!server) return null;
        return (
          <Row
            key={key}
            server={server}
            index={index}
            columns={columns}
            isSelected={selection.has(id)}
            onToggle={selection.toggle}
            onLabel={onLabel}
          />
        );
      })}
    </tbody>
  );
}

/** Whether the mouse is down on something in a row; moving that would lose the click. */
const isPressed = (): boolean => document.querySelector('.server-table tbody :active') !== null;

/** The elements that show these rows; see `placeRows`. */
function usePlaces(ids: string[], inOrder: boolean): RowPlace[] {
  const [before, setBefore] = useState<RowPlace[]>([]);
  const places = placeRows(before, ids, inOrder);
  if (places !== before) setBefore(places);
  return places;
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
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" className="column-pick">
          <Checkbox
            aria-label={t`Select all that are listed`}
            checked={count > 0 && count === servers.length}
            indeterminate={count > 0 && count < servers.length}
            onChange={selection.toggleAll}
          />
        </th>
        <th role="columnheader" className="column-status">
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
            <th key={column} role="columnheader" className={`column-${column}`}>
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
  /** In the list, from 0. */
  index: number;
  columns: readonly Column[];
  isSelected: boolean;
  onToggle: (id: string, isRange: boolean) => void;
  onLabel: (label: string) => void;
}

const Row = memo(function Row({ server, index, columns, isSelected, onToggle, onLabel }: RowProps) {
  const row = useRef<HTMLTableRowElement>(null);
  const shown = useRef(server.id);
  useLayoutEffect(() => {
    if (shown.current === server.id) return;
    shown.current = server.id;
    // The focus was on something of a server that is shown here no more.
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement && row.current?.contains(activeElement)) activeElement.blur();
  }, [server.id]);
  return (
    <tr
      ref={row}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      className={`rail rail-${server.status}`}
      style={{ top: index * ROW_PX }}
    >
      <td role="cell" className="column-pick">
        <PickBox
          label={t`Select ${server.name}`}
          isPicked={isSelected}
          onPick={(isRange) => onToggle(server.id, isRange)}
        />
      </td>
      <td role="cell" className="column-status">
        <StatusLabel status={server.status} observedAt={server.statusObservedAt} />
        {server.operation && <OperationLine key={server.operation.id} operation={server.operation} />}
      </td>
      <td role="cell" className="column-name">
        <Link to={`/servers/${server.id}`} className="row-link" title={server.name}>
          {server.name}
        </Link>
        <span className="second-line">{serverOrigin(server)}</span>
      </td>
      {columns.map((column) => (
        <td key={column} role="cell" className={`column-${column}`}>
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
      return <TimeAgo iso={server.createdAt} />;
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
    <th
      role="columnheader"
      className={className}
      aria-sort={isUp ? 'ascending' : isDown ? 'descending' : 'none'}
    >
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
        <td key={column} className={`column-${column}`}>
          <span className={Classes.SKELETON}>{column === 'pick' ? 'o' : 'placeholder'}</span>
        </td>
      ))}
    </tr>
  ));
}
