import { Tag } from '@blueprintjs/core';
import { Link } from 'react-router';
import type { Node } from '../../../contract/nodes.ts';
import { formatDisk, formatMemory } from '../format-size.ts';
import type { Column } from './data-table.tsx';
import { UseBar } from './use-bar.tsx';

const INTENT = { online: 'success', offline: 'danger', unknown: 'warning' } as const;

/** A node's state in words: whether it is there, and whether servers are put on it. */
export function NodeState({ node: { status, acceptsServers } }: { node: Node }) {
  return (
    <span className="row-actions">
      <Tag minimal intent={INTENT[status]}>
        {status}
      </Tag>
      {!acceptsServers && (
        <Tag minimal intent="warning">
          in maintenance
        </Tag>
      )}
    </span>
  );
}

/** What a node's memory has been given to. */
export function MemoryUse({ node: { name, memoryMib, givenMemoryMib } }: { node: Node }) {
  return (
    <>
      <span className="numeric">{`${formatMemory(givenMemoryMib)} of ${formatMemory(memoryMib)}`}</span>
      <UseBar label={`Memory of ${name} given away`} used={givenMemoryMib} total={memoryMib} />
    </>
  );
}

/** Every storage of a node with what it holds. */
export function StorageUse({ node: { name, storages } }: { node: Node }) {
  if (storages.length === 0) return <>–</>;
  return storages.map((storage) => (
    <div key={storage.name}>
      <span className="numeric">
        {`${storage.name}: ${gib(storage.usedMib)} of ${gib(storage.totalMib)}${storage.shared ? ', shared' : ''}`}
      </span>
      <UseBar label={`${storage.name} of ${name} in use`} used={storage.usedMib} total={storage.totalMib} />
    </div>
  ));
}

const gib = (mib: number): string => formatDisk(Math.round(mib / 1024));

export const NODE_COLUMNS: Column<Node>[] = [
  {
    title: 'Node',
    cell: ({ id, name }) => (
      <Link to={`/admin/nodes/${id}`}>
        <strong>{name}</strong>
      </Link>
    ),
  },
  { title: 'State', cell: (node) => <NodeState node={node} /> },
  { title: 'Servers', isNumber: true, cell: ({ servers }) => servers },
  { title: 'vCPU given', isNumber: true, cell: ({ givenVcpus, cores }) => `${givenVcpus} on ${cores}` },
  { title: 'Memory given', cell: (node) => <MemoryUse node={node} /> },
  { title: 'Storages', cell: (node) => <StorageUse node={node} /> },
];
