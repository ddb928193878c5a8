import { Button, Callout } from '@blueprintjs/core';
import { Tick } from '@blueprintjs/icons';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Node } from '../../../contract/nodes.ts';
import type { MigrationTargetList } from '../../../contract/server-changes.ts';
import type { Server, ServerList } from '../../../contract/servers.ts';
import type { z } from 'zod';
import { json, moveServer } from '../api.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { OperationLine } from '../components/operation-line.tsx';
import { StatusLabel } from '../components/status-label.tsx';
import { formatMemory } from '../format-size.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { MoveDialog } from '../pages/move-dialog.tsx';
import { uuid } from '../uuid.ts';
import { type Column, DataTable } from './data-table.tsx';
import { useRows } from './use-admin.ts';
import { inLanguage } from '../contract-words.ts';

const READ_AGAIN_MS = 3_000;

/** The servers on a node, and the ways to move them off it. */
export function DrainNode({ node }: { node: Node }) {
  const rows = useRows<Server>('/servers', { nodeId: node.id, sort: 'name' }, READ_AGAIN_MS);
  const [moved, setMoved] = useState<Server | null>(null);
  const [isDraining, setIsDraining] = useState(false);
  return (
    <section className="admin-section" aria-label={t`Servers`}>
      <div className="panel-head">
        <h2>{t`Servers on ${node.name}`}</h2>
        <Button
          text={t`Move all`}
          disabled={rows.items.length === 0 || node.acceptsServers}
          aria-describedby={node.acceptsServers ? 'drain-obstacle' : undefined}
          onClick={() => setIsDraining(true)}
        />
      </div>
      {node.acceptsServers && rows.items.length > 0 && (
        <p id="drain-obstacle" className="muted">
          <Trans>
            To move all of them, put the node into maintenance first; new servers come to it otherwise.
          </Trans>
        </p>
      )}
      <DataTable
        label={t`Servers`}
        rows={rows}
        columns={columns(setMoved)}
        empty={<NoticeState level={2} icon={<Tick size={40} />} title={t`No server is on this node`} />}
      />
      {moved && <MoveDialog server={moved} onClose={() => setMoved(null)} />}
      {isDraining && <DrainDialog node={node} onClose={() => setIsDraining(false)} />}
    </section>
  );
}

const columns = (onMove: (server: Server) => void): Column<Server>[] => [
  {
    title: t`Server`,
    cell: ({ id, name }) => (
      <Link to={`/servers/${id}`}>
        <strong>{name}</strong>
      </Link>
    ),
  },
  {
    title: t`Status`,
    cell: ({ status, statusObservedAt, operation }) => (
      <>
        <StatusLabel status={status} observedAt={statusObservedAt} />
        {operation && <OperationLine operation={operation} />}
      </>
    ),
  },
  { title: t`Account`, cell: ({ accountName }) => <span className="sensitive">{accountName}</span> },
  { title: t`Memory`, isNumber: true, cell: ({ memoryMib }) => formatMemory(memoryMib) },
  {
    title: t`Actions`,
    isActions: true,
    cell: (server) => (
      <Button
        size="small"
        text={t`Move`}
        aria-label={t`Move ${server.name}`}
        disabled={server.operation !== null}
        onClick={() => onMove(server)}
      />
    ),
  },
];

interface Refused {
  server: Server;
  reason: string;
}

/** Orders the move of every server of a node, one after another, each to the node that then has the most memory free. */
function useDrain(node: Node, onDone: () => void) {
  const [state, setState] = useState({ isPending: false, ordered: 0, refused: [] as Refused[] });
  const [error, setError] = useState<Error | null>(null);
  const drain = async (): Promise<void> => {
    setError(null);
    setState({ isPending: true, ordered: 0, refused: [] });
    const refused: Refused[] = [];
    let ordered = 0;
    try {
      for (const server of await readAll(node.id)) {
        const reason = await orderMove(server).catch((cause: unknown) =>
          cause instanceof Error ? cause.message : t`it was refused`,
        );
        if (reason === null) ordered += 1;
        else refused.push({ server, reason });
        setState({ isPending: true, ordered, refused: [...refused] });
      }
      if (refused.length === 0) onDone();
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error(t`The servers could not be read`));
    }
    setState({ isPending: false, ordered, refused });
  };
  return { ...state, error, drain };
}

async function readAll(nodeId: string): Promise<Server[]> {
  const servers: Server[] = [];
  let cursor: string | null = null;
  do {
    const params = new URLSearchParams({ nodeId, limit: '100', ...(cursor ? { cursor } : {}) });
    const page: ServerList = await json(`/servers?${params}`);
    servers.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return servers;
}

/** Null once the move is ordered, else why it is not. */
async function orderMove(server: Server): Promise<string | null> {
  if (server.operation) return t`Something is being done to it: move it afterwards.`;
  const { items } = await json<z.infer<typeof MigrationTargetList>>(
    `/servers/${server.id}/migration-targets`,
  );
  const [best] = items
    .filter(({ obstacle }) => obstacle === null)
    .toSorted((a, b) => b.freeMemoryMib - a.freeMemoryMib);
  const obstacles = items.flatMap(({ obstacle, obstacleSaid }) =>
    obstacle === null ? [] : [inLanguage(obstacle, obstacleSaid)],
  );
  if (!best) return obstacles.join('; ') || t`Its cluster has no other node.`;
  await moveServer(server.id, { node: best.node }, uuid());
  return null;
}

function DrainDialog({ node, onClose }: { node: Node; onClose: () => void }) {
  const { drain, isPending, error, ordered, refused } = useDrain(node, onClose);
  return (
    <ChangeDialog
      title={t`Move all servers off ${node.name}?`}
      keep={ordered > 0 ? t`Close` : t`Leave them there`}
      submit={t`Move all`}
      change={{ isPending, error }}
      onSubmit={() => void drain()}
      onClose={onClose}
    >
      <p>
        <Trans>
          Each server goes to the node of its cluster that has the most memory free. Running servers move
          live. Every move is an operation of its own, which can be followed and cancelled.
        </Trans>
      </p>
      <p role="status">
        {(isPending || ordered > 0) && plural(ordered, { one: '# move ordered.', other: '# moves ordered.' })}
      </p>
      {refused.length > 0 && (
        <Callout compact intent="warning">
          <p className="callout-title">
            <Trans>Not moved</Trans>
          </p>
          {refused.map(({ server, reason }) => (
            <p key={server.id} className="callout-text">
              <strong>{server.name}</strong>: {reason}
            </p>
          ))}
        </Callout>
      )}
    </ChangeDialog>
  );
}
