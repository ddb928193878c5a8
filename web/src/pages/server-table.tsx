import { Classes, HTMLTable } from '@blueprintjs/core';
import { CaretDown, CaretUp } from '@blueprintjs/icons';
import { Link } from 'react-router';
import type { Server } from '../../../contract/servers.ts';
import { OperationLine } from '../components/operation-line.tsx';
import { ServerSize } from '../components/server-size.tsx';
import { StatusLabel } from '../components/status-label.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { AddressCell } from './address-cell.tsx';

export interface ServerListProps {
  servers: Server[];
  isLoading: boolean;
  /** The rows answer an earlier filter while the new answer is under way. */
  isStale: boolean;
  sort: string;
  onSort: (sort: string) => void;
}

const COLUMN_COUNT = 6;

/** The servers as dense rows, for wide screens. */
export function ServerTable({ servers, isLoading, isStale, sort, onSort }: ServerListProps) {
  return (
    <HTMLTable
      compact
      interactive
      className={isStale ? 'server-table is-stale' : 'server-table'}
      aria-busy={isLoading || isStale}
    >
      <thead>
        <tr>
          <th className="column-status">Status</th>
          <SortHeader label="Name" field="name" sort={sort} onSort={onSort} className="column-name" />
          <th className="column-plan">Plan</th>
          <th className="column-address">Address</th>
          <th className="column-place">Location</th>
          <SortHeader
            label="Created"
            field="createdAt"
            sort={sort}
            onSort={onSort}
            className="column-created"
          />
        </tr>
      </thead>
      <tbody>
        {isLoading ? <SkeletonRows /> : servers.map((server) => <Row key={server.id} server={server} />)}
      </tbody>
    </HTMLTable>
  );
}

function Row({ server }: { server: Server }) {
  return (
    <tr>
      <td>
        <StatusLabel status={server.status} observedAt={server.statusObservedAt} />
        {server.operation && <OperationLine operation={server.operation} />}
      </td>
      <td>
        <Link to={`/servers/${server.id}`} className="row-link">
          {server.name}
        </Link>
        <span className="second-line">{origin(server)}</span>
      </td>
      <td>
        {server.plan.name}
        <ServerSize size={server} />
      </td>
      <td>
        <AddressCell server={server} />
      </td>
      <td>
        {server.location ?? server.node ?? <span className="muted">–</span>}
        {server.location && server.node && <span className="second-line">{server.node}</span>}
      </td>
      <td className="muted">
        <TimeAgo iso={server.createdAt} />
      </td>
    </tr>
  );
}

/** An imported server's host name, as it can be searched for, and its system, where that is known. */
function origin({ hostname, template }: Server): string {
  const isKnown = template.id !== null || template.name !== 'Unknown';
  return [hostname, isKnown && template.name].filter(Boolean).join(' · ');
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

function SkeletonRows() {
  return [0, 1, 2, 3, 4].map((row) => (
    <tr key={row} aria-hidden="true">
      {Array.from({ length: COLUMN_COUNT }, (_, column) => (
        <td key={column}>
          <span className={Classes.SKELETON}>placeholder</span>
          <span className="second-line" />
        </td>
      ))}
    </tr>
  ));
}
