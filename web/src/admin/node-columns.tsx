import { Tag } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Link } from 'react-router';
import type { Node } from '../../../contract/nodes.ts';
import { TimeAgo } from '../components/time-ago.tsx';
import { formatDisk, formatMemory } from '../format-size.ts';
import type { Column } from './data-table.tsx';
import { NODE_WORDS } from './state-words.ts';
import { UseBar } from './use-bar.tsx';

const INTENT = { online: 'success', offline: 'danger', unknown: 'warning' } as const;

/** A node's state in words: whether it is there, and whether servers are put on it. */
export function NodeState({ node: { status, acceptsServers, observedAt } }: { node: Node }) {
  return (
    <div>
      <span className="row-actions">
        <Tag minimal intent={INTENT[status]}>
          {NODE_WORDS[status]}
        </Tag>
        {!acceptsServers && (
          <Tag minimal intent="warning">
            <Trans>in maintenance</Trans>
          </Tag>
        )}
      </span>
      {status === 'unknown' && (
        <span className="second-line">
          <Trans>
            last heard of <TimeAgo iso={observedAt} />
          </Trans>
        </span>
      )}
    </div>
  );
}

/** What a node's memory has been given to. */
export function MemoryUse({ node: { name, memoryMib, givenMemoryMib } }: { node: Node }) {
  return (
    <>
      <span className="numeric">{t`${formatMemory(givenMemoryMib)} of ${formatMemory(memoryMib)}`}</span>
      <UseBar label={t`Memory of ${name} given away`} used={givenMemoryMib} total={memoryMib} />
    </>
  );
}

/** Every storage of a node with what it holds. */
export function StorageUse({ node: { name, storages } }: { node: Node }) {
  if (storages.length === 0) return <>–</>;
  return storages.map((storage) => (
    <div key={storage.name} className="storage-use">
      <span className="numeric">
        {`${storage.name}: ${t`${gib(storage.usedMib)} of ${gib(storage.totalMib)}`}${storage.shared ? t`, shared` : ''}`}
      </span>
      <UseBar label={t`${storage.name} of ${name} in use`} used={storage.usedMib} total={storage.totalMib} />
    </div>
  ));
}

const gib = (mib: number): string => formatDisk(Math.round(mib / 1024));

export const NODE_COLUMNS: Column<Node>[] = [
  {
    get title() {
      return t`Node`;
    },
    cell: ({ id, name }) => (
      <Link to={`/admin/nodes/${id}`}>
        <strong>{name}</strong>
      </Link>
    ),
  },
  {
    get title() {
      return t`State`;
    },
    cell: (node) => <NodeState node={node} />,
  },
  {
    get title() {
      return t`Servers`;
    },
    isNumber: true,
    cell: ({ servers }) => servers,
  },
  {
    get title() {
      return t`vCPU given`;
    },
    isNumber: true,
    cell: ({ givenVcpus, cores }) => t`${givenVcpus} on ${cores}`,
  },
  {
    get title() {
      return t`Memory given`;
    },
    cell: (node) => <MemoryUse node={node} />,
  },
  {
    get title() {
      return t`Storages`;
    },
    cell: (node) => <StorageUse node={node} />,
  },
];
