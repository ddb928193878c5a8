import { Classes } from '@blueprintjs/core';
import { Link } from 'react-router';
import { OperationLine } from '../components/operation-line.tsx';
import { ServerSize } from '../components/server-size.tsx';
import { StatusLabel } from '../components/status-label.tsx';
import { AddressCell } from './address-cell.tsx';
import type { ServerListProps } from './server-table.tsx';

/** The servers as a list of cards, for narrow screens. */
export function ServerCards({ servers, isLoading, isStale }: ServerListProps) {
  return (
    <ul className={isStale ? 'server-cards is-stale' : 'server-cards'} aria-busy={isLoading || isStale}>
      {isLoading &&
        [0, 1, 2].map((row) => (
          <li key={row} aria-hidden="true" className={`server-card ${Classes.SKELETON}`} />
        ))}
      {servers.map((server) => (
        <li key={server.id} className="server-card">
          <div className="server-card-head">
            <Link to={`/servers/${server.id}`} className="row-link">
              {server.name}
            </Link>
            <StatusLabel status={server.status} observedAt={server.statusObservedAt} />
          </div>
          {server.operation && <OperationLine operation={server.operation} />}
          <AddressCell server={server} />
          <div className="server-card-foot">
            <span>{server.plan.name}</span>
            <ServerSize size={server} />
            <span className="muted">{server.location ?? server.node}</span>
          </div>
        </li>
      ))}
    </ul>
  );
}
