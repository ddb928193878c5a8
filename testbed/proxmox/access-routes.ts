import { ApiError, refuse } from './api-error.ts';
import { userOf } from './access-state.ts';
import { isPasswordGood, newCsrfToken, newTicket } from './authentication.ts';
import type { ClusterState } from './cluster-state.ts';
import { privilegesOn, requireAll } from './permissions.ts';
import type { Call, Route } from './route.ts';
import { parseDrive } from './vm-config.ts';

/** Which privileges of which path a web client is told at login, to know what to show. */
const CAPABILITIES: Record<string, RegExp> = {
  vms: /^(?:VM\.|Permissions\.Modify)/,
  access: /^(?:(?:User|Group)\.|Permissions\.Modify)/,
  storage: /^(?:Datastore\.|Permissions\.Modify)/,
  nodes: /^(?:Sys\.|Permissions\.Modify)/,
  sdn: /^(?:SDN\.|Permissions\.Modify)/,
  dc: /^(?:Sys\.Audit|Sys\.Modify|SDN\.)/,
  mapping: /^(?:Mapping\.|Permissions\.Modify)/,
};

function capabilitiesOf(state: ClusterState, user: string): Record<string, Record<string, number>> {
  const areas = Object.keys(CAPABILITIES);
  const capabilities = Object.fromEntries(areas.map((area) => [area, {} as Record<string, number>]));
  const paths = ['/', '/nodes', '/access/groups', '/vms', '/storage', '/sdn', '/mapping'];
  for (const path of new Set([...paths, ...state.access.acl.map((entry) => entry.path)])) {
    const top = /^\/(\w+)/.exec(path)?.[1] ?? 'dc';
    for (const area of top === 'pool' ? ['vms', 'storage'] : [top]) {
      for (const privilege of privilegesOn(state, user, path).keys()) {
        const granted = capabilities[area];
        if (granted && CAPABILITIES[area]?.test(privilege)) granted[privilege] = 1;
      }
    }
  }
  return capabilities;
}

function privilegesShown(state: ClusterState, user: string, path: string): Record<string, number> {
  const privileges = privilegesOn(state, user, path);
  return Object.fromEntries([...privileges].map(([name, propagates]) => [name, Number(propagates)]));
}

/** What somebody may do, on one path or on all that matter; others than oneself need a right to be asked for. */
function permissionsOf({ cluster: { state }, params, caller }: Call): unknown {
  const userid = String(params.userid ?? caller.user);
  if (userid !== caller.user && userOf(userid) !== caller.user) {
    requireAll(state, caller.user, '/access', ['Sys.Audit']);
  }
  if (params.path !== undefined) {
    const path = String(params.path);
    return { [path]: privilegesShown(state, userid, path) };
  }
  const pools = state.pools.flatMap(({ poolid, members, storages = [] }) => [
    `/pool/${poolid}`,
    ...members.map((vmid) => `/vms/${vmid}`),
    ...storages.map((storage) => `/storage/${storage}`),
  ]);
  const top = ['/', '/access', '/access/groups', '/nodes', '/pool', '/sdn', '/storage', '/vms'];
  const paths = new Set([...top, ...state.access.acl.map((entry) => entry.path), ...pools]);
  const shown = [...paths].map((path) => [path, privilegesShown(state, userid, path)] as const);
  return Object.fromEntries(shown.filter(([, privileges]) => Object.keys(privileges).length > 0));
}

/** /version and /access. */
export const accessRoutes: Route[] = [
  {
    method: 'GET',
    path: '/version',
    handle: ({ cluster }) => versionOf(cluster.plain),
  },
  { method: 'GET', path: '/access/ticket', isPublic: true, handle: () => null },
  {
    method: 'POST',
    path: '/access/ticket',
    isPublic: true,
    isForwarded: true,
    handle: ({ cluster, params, asked }) => {
      const name = String(params.username);
      const user = params.realm ? `${name}@${params.realm}` : name;
      const password = String(params.password);
      if (cluster.faults.hitsTicket(password, asked) || !isPasswordGood(cluster.plain, user, password)) {
        throw new ApiError(401, 'authentication failure');
      }
      const ticket = newTicket(cluster.state, user);
      cluster.faults.noteTicket(ticket);
      return {
        username: user,
        ticket,
        CSRFPreventionToken: newCsrfToken(cluster.plain, user),
        ...(cluster.state.nodes.length > 1 ? { clustername: 'testbed' } : {}),
        cap: capabilitiesOf(cluster.state, user),
      };
    },
  },
  {
    method: 'GET',
    path: '/access/domains',
    isPublic: true,
    handle: () => [
      { realm: 'pam', type: 'pam', comment: 'Linux PAM standard authentication' },
      { realm: 'pve', type: 'pve', comment: 'Proxmox VE authentication server' },
    ],
  },
  {
    method: 'GET',
    path: '/access/permissions',
    handle: permissionsOf,
  },
  {
    method: 'GET',
    path: '/cluster/nextid',
    handle: ({ cluster, params }) => {
      const { vms, containers = {} } = cluster.state;
      if (params.vmid !== undefined) {
        if (vms[params.vmid] || containers[params.vmid]) {
          throw new ApiError(400, 'Parameter verification failed.', {
            vmid: `VM ${params.vmid} already exists`,
          });
        }
        return String(params.vmid);
      }
      const range = parseDrive(cluster.state.options?.['next-id'] ?? '').options;
      const [lower, upper] = [Number(range.lower ?? 100), Number(range.upper ?? 1_000_000)];
      let id = lower;
      while (id < upper && (vms[id] || containers[id])) id += 1;
      if (id >= upper) throw refuse(`unable to get any free VMID in range [${lower}, ${upper})`);
      return String(id);
    },
  },
];

/** What the nodes say they run. */
export function versionOf({ release }: ClusterState): { version: string; release: string; repoid: string } {
  return release === '8.4'
    ? { version: '8.4.1', release, repoid: '2a5fa54a8503f96d' }
    : { version: '9.2.11', release, repoid: '14a22df35955d97d' };
}
