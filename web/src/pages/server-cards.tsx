import { Classes } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { useRef } from 'react';
import { Link } from 'react-router';
import type { Server } from '../../../contract/servers.ts';
import { OperationLine } from '../components/operation-line.tsx';
import { PickBox } from '../components/pick-box.tsx';
import { ServerSize } from '../components/server-size.tsx';
import { StatusLabel } from '../components/status-label.tsx';
import { useWindowRows } from '../hooks/use-window-rows.ts';
import { CARD_PX } from '../row-heights.ts';
import { addressToCome } from '../server-words.ts';
import { AddressCell } from './address-cell.tsx';
import { ServerLabels } from './server-labels.tsx';
import type { ServerListProps } from './server-table.tsx';

function CardAddress({ server }: { server: Server }) {
  if (server.ipAddresses.length > 0)
    return (
      <div>
        <AddressCell server={server} />
      </div>
    );
  const words = addressToCome(server);
  return words && <div className="muted">{words}</div>;
}

/** The servers as a list of cards, for narrow screens. */
export function ServerCards({ servers, isLoading, isStale, selection, onLabel, onNearEnd }: ServerListProps) {
  const list = useRef<HTMLUListElement>(null);
  const { rows, before, after, measure } = useWindowRows(list, {
    count: servers.length,
    rowPx: CARD_PX,
    onNearEnd,
  });
  return (
    <ul
      ref={list}
      className={isStale ? 'server-cards is-stale' : 'server-cards'}
      aria-busy={isLoading || isStale}
      style={{ paddingTop: before, paddingBottom: after }}
    >
      {isLoading &&
        [0, 1, 2, 3, 4].map((row) => (
          <li key={row} aria-hidden="true">
            <div className={`server-card ${Classes.SKELETON}`} />
          </li>
        ))}
      {rows.map(({ index }) => {
        const server = servers[index];
        if (!server) return null;
        return (
          <li key={server.id} ref={measure} data-index={index}>
            <div className={`server-card rail rail-${server.status}`}>
              <div className="server-card-head">
                <PickBox
                  label={t`Select ${server.name}`}
                  isPicked={selection.has(server.id)}
                  onPick={() => selection.toggle(server.id, false)}
                />
                <Link to={`/servers/${server.id}`} className="row-link">
                  {server.name}
                </Link>
                <StatusLabel status={server.status} observedAt={server.statusObservedAt} />
              </div>
              {server.operation && <OperationLine operation={server.operation} />}
              <CardAddress server={server} />
              <div className="server-card-foot">
                <span>{server.plan.name}</span>
                <ServerSize size={server} />
                <span className="muted">{server.location ?? server.node}</span>
              </div>
              <ServerLabels labels={server.labels} onLabel={onLabel} />
            </div>
          </li>
        );
      })}
    </ul>
  );
}
