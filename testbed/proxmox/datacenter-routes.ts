import { createHash } from 'node:crypto';

import { badParameters, refuse } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import type { HaResource } from './cluster-state.ts';
import { runHaManager } from './ha-manager.ts';
import type { Parameters, Values } from './parameters.ts';
import type { Call, Route } from './route.ts';
import { parseDrive } from './vm-config.ts';

const PLAIN =
  'bwlimit consent-text console description email_from fencing http_proxy keyboard language mac_prefix max_workers migration_unsecure'.split(
    ' ',
  );
/** Kept as one text, read as an object; the first name stands for a value without a name. */
const STRUCTURED: Record<string, string> = {
  crs: '',
  ha: '',
  migration: 'type',
  'next-id': '',
  notify: '',
  replication: 'type',
  'tag-style': '',
  u2f: '',
  'user-tag-access': '',
  webauthn: '',
};
const LISTS = ['registered-tags'];
const KEYS = [...PLAIN, ...Object.keys(STRUCTURED), ...LISTS];

/** datacenter.cfg as GET options shows it. */
function options({ state }: Cluster): Record<string, unknown> {
  const given = state.options ?? {};
  const shown: Record<string, unknown> = { mac_prefix: 'BC:24:11', description: '' };
  for (const [key, value] of Object.entries(given)) {
    if (LISTS.includes(key)) shown[key] = value.split(';');
    else if (STRUCTURED[key] === undefined) shown[key] = key === 'max_workers' ? Number(value) : value;
    else {
      const { file, options: parts } = parseDrive(value);
      shown[key] = { ...parts, ...(file ? { [STRUCTURED[key]]: file } : {}) };
    }
  }
  return { ...shown, 'allowed-tags': given['registered-tags']?.split(';').toSorted() ?? [] };
}

function setOptions({ cluster, params }: Call): null {
  const removed = String(params.delete ?? '')
    .split(/[;, ]+/)
    .filter(Boolean);
  const next = { ...cluster.state.options };
  for (const key of removed) {
    if (!KEYS.includes(key)) throw badParameters({ delete: `unknown option '${key}'` });
    delete next[key];
  }
  for (const key of KEYS) if (params[key] !== undefined) next[key] = String(params[key]);
  cluster.state.options = next;
  return null;
}

const OPTIONS: Parameters = Object.fromEntries(
  [...KEYS, 'delete'].map((key) => [key, { type: 'string', optional: true } as const]),
);

/** `100` and `vm:100` name the same. */
function sidOf({ sid }: Values): string {
  return /^\d+$/.test(String(sid)) ? `vm:${sid}` : String(sid);
}

function requireResource({ cluster, params }: Call): HaResource {
  const sid = sidOf(params);
  const resource = cluster.state.haResources?.find((one) => one.sid === sid);
  if (!resource) throw refuse(`no such resource '${sid}'`);
  return resource;
}

function printResource(
  cluster: Cluster,
  { service: _service, ...resource }: HaResource,
): Record<string, unknown> {
  const digest = createHash('sha1').update(JSON.stringify(cluster.plain.haResources)).digest('hex');
  return { ...resource, type: resource.sid.split(':')[0], digest };
}

function addResource({ cluster, params }: Call): null {
  const sid = sidOf(params);
  const [type, id] = sid.split(':');
  if (type !== 'vm' || !cluster.state.vms[Number(id)]) {
    throw refuse(`resource '${sid}' does not exist in cluster`);
  }
  const known = cluster.state.haResources ?? [];
  if (known.some((one) => one.sid === sid)) throw refuse(`resource ID '${sid}' already defined`);
  const { comment, state = 'started', max_restart = 1, max_relocate = 1 } = params;
  const resource: HaResource = {
    sid,
    state: String(state),
    max_restart: Number(max_restart),
    max_relocate: Number(max_relocate),
    ...(comment === undefined ? {} : { comment: String(comment) }),
  };
  cluster.state.haResources = [...known, resource];
  runHaManager(cluster);
  return null;
}

function removeResource(call: Call): null {
  const { cluster, params } = call;
  const sid = sidOf(params);
  const known = cluster.state.haResources ?? [];
  if (!known.some((one) => one.sid === sid)) throw refuse(`cannot delete service '${sid}', not HA managed!`);
  cluster.state.haResources = known.filter((one) => one.sid !== sid);
  return null;
}

const text = { type: 'string', optional: true } as const;
const count = { type: 'integer', optional: true, minimum: 0 } as const;
const SID = { type: 'string' } as const;

/** Settings of the whole cluster, and what its high availability is to look after. */
export const datacenterRoutes: Route[] = [
  { method: 'GET', path: '/cluster/options', handle: ({ cluster }) => options(cluster) },
  {
    method: 'PUT',
    path: '/cluster/options',
    isForwarded: true,
    parameters: OPTIONS,
    handle: setOptions,
  },
  {
    method: 'GET',
    path: '/cluster/ha/resources',
    handle: ({ cluster, params }) =>
      params.type === 'ct' ? [] : (cluster.state.haResources ?? []).map((one) => printResource(cluster, one)),
  },
  {
    method: 'POST',
    path: '/cluster/ha/resources',
    isForwarded: true,
    parameters: {
      sid: SID,
      comment: text,
      state: { ...text, enum: ['started', 'stopped', 'enabled', 'disabled', 'ignored'] },
      type: { ...text, enum: ['ct', 'vm'] },
      max_restart: count,
      max_relocate: count,
    },
    handle: addResource,
  },
  {
    method: 'GET',
    path: '/cluster/ha/resources/{sid}',
    parameters: { sid: SID },
    handle: (call) => printResource(call.cluster, requireResource(call)),
  },
  {
    method: 'DELETE',
    path: '/cluster/ha/resources/{sid}',
    isForwarded: true,
    parameters: { sid: SID, purge: { type: 'boolean', optional: true } },
    handle: removeResource,
  },
];
