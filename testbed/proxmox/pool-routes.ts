import { refuse } from './api-error.ts';
import { vmResource } from './cluster-resources.ts';
import type { Cluster } from './cluster.ts';
import type { Pool } from './cluster-state.ts';
import { listOf } from './parameter-formats.ts';
import type { Values } from './parameters.ts';
import { hasAny } from './permissions.ts';
import type { Call, Route } from './route.ts';

function requirePool(cluster: Cluster, poolid: unknown): Pool {
  const pool = cluster.state.pools.find((one) => one.poolid === poolid);
  if (!pool) throw refuse(`pool '${String(poolid)}' does not exist`);
  return pool;
}

function membersOf(cluster: Cluster, pool: Pool, kind: string | number | undefined): unknown[] {
  const vms = pool.members
    .toSorted((a, b) => a - b)
    .flatMap((vmid) => cluster.plain.vms[vmid] ?? [])
    .map((vm) => vmResource(cluster, vm));
  const storages = cluster.state.storages
    .filter(({ storage }) => pool.storages?.includes(storage))
    .map(({ storage, node, content }) => ({
      id: `storage/${node}/${storage}`,
      type: 'storage',
      storage,
      node,
      content,
      status: 'available',
    }));
  const withoutPool = vms.map(({ pool: _pool, tags: _tags, lock: _lock, ...rest }) => rest);
  return [...withoutPool, ...storages].filter(({ type }) => kind === undefined || type === kind);
}

function shown(cluster: Cluster, pool: Pool, params: Values): Record<string, unknown> {
  return {
    ...(pool.comment === undefined ? {} : { comment: pool.comment }),
    members: membersOf(cluster, pool, params.type),
  };
}

function listPools({ cluster, params, caller }: Call): unknown[] {
  const sees = ({ poolid }: Pool): boolean =>
    hasAny(cluster.plain, caller.user, `/pool/${poolid}`, ['Pool.Audit']);
  if (params.poolid !== undefined) {
    const pool = requirePool(cluster, params.poolid);
    return [{ poolid: pool.poolid, ...shown(cluster, pool, params) }];
  }
  return cluster.state.pools
    .filter(sees)
    .map(({ poolid, comment }) => ({ poolid, ...(comment === undefined ? {} : { comment }) }));
}

function createPool({ cluster: { state }, params }: Call): null {
  const poolid = String(params.poolid);
  if (state.pools.some((pool) => pool.poolid === poolid)) {
    throw refuse(`create pool failed: pool '${poolid}' already exists`);
  }
  const { comment } = params;
  state.pools.push({ poolid, members: [], ...(comment === undefined ? {} : { comment: String(comment) }) });
  return null;
}

function updatePool({ cluster, params }: Call): null {
  const pool = requirePool(cluster, params.poolid);
  const what = 'update pools failed: ';
  for (const vmid of listOf(params.vms).map(Number)) {
    const isMember = pool.members.includes(vmid);
    if (params.delete) {
      if (!isMember) throw refuse(`${what}VM ${vmid} is not a pool member`);
      pool.members = pool.members.filter((member) => member !== vmid);
      continue;
    }
    if (isMember) throw refuse(`${what}VM ${vmid} is already a pool member`);
    const other = cluster.state.pools.find(({ members }) => members.includes(vmid));
    if (other && !params['allow-move']) {
      throw refuse(`${what}VM ${vmid} belongs already to pool '${other.poolid}' and 'allow-move' is not set`);
    }
    if (other) other.members = other.members.filter((member) => member !== vmid);
    pool.members.push(vmid);
  }
  for (const storage of listOf(params.storage)) {
    const before = pool.storages ?? [];
    const isMember = before.includes(storage);
    if (Boolean(params.delete) !== isMember) {
      throw refuse(`${what}Storage '${storage}' is ${isMember ? 'already' : 'not'} a pool member`);
    }
    pool.storages = isMember ? before.filter((name) => name !== storage) : [...before, storage];
  }
  if (params.comment !== undefined) pool.comment = String(params.comment);
  return null;
}

function deletePool({ cluster, params }: Call): null {
  const pool = requirePool(cluster, params.poolid);
  const [vmid] = pool.members.filter((member) => cluster.state.vms[member]);
  const [storage] = pool.storages ?? [];
  const rest = vmid === undefined ? storage && `storage ${storage}` : `VM ${vmid}`;
  if (rest) throw refuse(`delete pool failed: pool '${pool.poolid}' is not empty (contains ${rest})`);
  const { state } = cluster;
  state.pools = state.pools.filter((one) => one !== pool);
  state.access.acl = state.access.acl.filter(({ path }) => path !== `/pool/${pool.poolid}`);
  return null;
}

/** /pools; the forms with the id in the path are deprecated but used. */
export const poolRoutes: Route[] = [
  { method: 'GET', path: '/pools', handle: listPools },
  {
    method: 'POST',
    path: '/pools',
    isForwarded: true,
    handle: createPool,
  },
  {
    method: 'PUT',
    path: '/pools',
    isForwarded: true,
    handle: updatePool,
  },
  { method: 'DELETE', path: '/pools', isForwarded: true, handle: deletePool },
  {
    method: 'GET',
    path: '/pools/{poolid}',
    handle: ({ cluster, params }) => ({
      poolid: params.poolid,
      ...shown(cluster, requirePool(cluster, params.poolid), params),
    }),
  },
  {
    method: 'PUT',
    path: '/pools/{poolid}',
    isForwarded: true,
    handle: updatePool,
  },
  {
    method: 'DELETE',
    path: '/pools/{poolid}',
    isForwarded: true,
    handle: deletePool,
  },
];
