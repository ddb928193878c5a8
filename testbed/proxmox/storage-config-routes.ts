import { refuse } from './api-error.ts';
import type { StorageState } from './cluster-state.ts';
import type { Call, Route } from './route.ts';

const GIB = 1024 ** 3;
/** No call says how large a storage is. */
const SIZE_BYTES = 1000 * GIB;
const TYPES = ['dir', 'lvmthin', 'nfs', 'rbd'] as const;
const text = { type: 'string', optional: true } as const;
const NAME = { type: 'string' } as const;

/** Adds a storage to the nodes named, or to all; it is empty. */
function addStorage({ cluster, params }: Call): Record<string, unknown> {
  const name = String(params.storage);
  // The enumeration has no other.
  const type = params.type as StorageState['type'];
  if (cluster.plain.storages.some(({ storage }) => storage === name)) {
    throw refuse(`create storage failed: storage ID '${name}' already defined`);
  }
  const nodes = params.nodes === undefined ? undefined : String(params.nodes).split(/[;, ]+/);
  const common: Omit<StorageState, 'node'> = {
    storage: name,
    type,
    content: String(params.content ?? 'images'),
    total: SIZE_BYTES,
    baseUsed: 0,
  };
  for (const { node } of cluster.plain.nodes) {
    if (nodes === undefined || nodes.includes(node)) cluster.state.storages.push({ ...common, node });
  }
  return { storage: name, type };
}

/** Takes a storage out of the configuration; what is on it is no longer seen. */
function removeStorage({ cluster, params }: Call): null {
  const name = String(params.storage);
  const { state } = cluster;
  if (!state.storages.some(({ storage }) => storage === name)) {
    throw refuse(`delete storage failed: storage '${name}' does not exist`);
  }
  state.storages = state.storages.filter(({ storage }) => storage !== name);
  return null;
}

/** Changes of the storage configuration. */
export const storageConfigRoutes: Route[] = [
  {
    method: 'POST',
    path: '/storage',
    isForwarded: true,
    parameters: {
      storage: NAME,
      type: { ...NAME, enum: [...TYPES] },
      content: text,
      nodes: text,
      path: text,
      server: text,
      export: text,
      pool: text,
      monhost: text,
      username: text,
      krbd: { type: 'boolean', optional: true },
      shared: { type: 'boolean', optional: true },
      vgname: text,
      thinpool: text,
    },
    handle: addStorage,
  },
  {
    method: 'DELETE',
    path: '/storage/{storage}',
    isForwarded: true,
    parameters: { storage: NAME },
    handle: removeStorage,
  },
];
