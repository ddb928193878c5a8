import { ApiError } from './api-error.ts';
import { isPasswordGood, newCsrfToken, newTicket } from './authentication.ts';
import { integer, STRING } from './parameters.ts';
import type { Route } from './route.ts';

const VM_PRIVILEGES = `
  VM.Allocate VM.Audit VM.Backup VM.Clone VM.Config.CDROM VM.Config.CPU VM.Config.Cloudinit
  VM.Config.Disk VM.Config.HWType VM.Config.Memory VM.Config.Network VM.Config.Options VM.Console
  VM.GuestAgent.Audit VM.Migrate VM.PowerMgmt VM.Snapshot VM.Snapshot.Rollback`
  .trim()
  .split(/\s+/);
const STORAGE_PRIVILEGES = ['Datastore.AllocateSpace', 'Datastore.Audit'];
const ROOT_PRIVILEGES = [...VM_PRIVILEGES, ...STORAGE_PRIVILEGES, 'SDN.Use', 'Sys.Audit', 'Pool.Audit'];

function granted(privileges: string[]): Record<string, number> {
  return Object.fromEntries(privileges.map((privilege) => [privilege, 1]));
}

/** /version and /access. */
export const accessRoutes: Route[] = [
  {
    method: 'GET',
    path: '/version',
    parameters: {},
    handle: () => VERSION,
  },
  { method: 'GET', path: '/access/ticket', parameters: {}, isPublic: true, handle: () => null },
  {
    method: 'POST',
    path: '/access/ticket',
    isPublic: true,
    isForwarded: true,
    parameters: {
      username: { type: 'string', maxLength: 64 },
      password: { type: 'string' },
      realm: STRING,
      otp: STRING,
      'tfa-challenge': STRING,
      'new-format': { type: 'boolean', optional: true },
      path: STRING,
      privs: STRING,
    },
    handle: ({ cluster, params }) => {
      const name = String(params.username);
      const user = params.realm ? `${name}@${params.realm}` : name;
      if (!isPasswordGood(cluster.state, user, String(params.password))) {
        throw new ApiError(401, 'authentication failure');
      }
      return {
        username: user,
        ticket: newTicket(cluster.state, user),
        CSRFPreventionToken: newCsrfToken(cluster.state, user),
        clustername: 'testbed',
        cap: {
          vms: granted(VM_PRIVILEGES),
          storage: granted(STORAGE_PRIVILEGES),
          nodes: granted(['Sys.Audit']),
          access: {},
          dc: granted(['SDN.Use', 'Sys.Audit']),
          sdn: granted(['SDN.Use']),
          mapping: {},
        },
      };
    },
  },
  {
    method: 'GET',
    path: '/access/domains',
    parameters: {},
    isPublic: true,
    handle: () => [
      { realm: 'pam', type: 'pam', comment: 'Linux PAM standard authentication' },
      { realm: 'pve', type: 'pve', comment: 'Proxmox VE authentication server' },
    ],
  },
  {
    method: 'GET',
    path: '/access/permissions',
    parameters: { path: STRING, userid: STRING },
    handle: ({ params }) => {
      const paths: Record<string, Record<string, number>> = {
        '/': granted(ROOT_PRIVILEGES),
        '/nodes': granted(ROOT_PRIVILEGES),
        '/pool': granted(ROOT_PRIVILEGES),
        '/sdn/zones/localnetwork': granted(ROOT_PRIVILEGES),
        '/storage': granted(ROOT_PRIVILEGES),
        '/vms': granted(ROOT_PRIVILEGES),
      };
      if (params.path === undefined) return paths;
      return { [params.path]: granted(ROOT_PRIVILEGES) };
    },
  },
  {
    method: 'GET',
    path: '/pools',
    parameters: { poolid: STRING, type: STRING },
    handle: ({ cluster }) =>
      cluster.state.pools.map(({ poolid, comment }) => ({ poolid, ...(comment ? { comment } : {}) })),
  },
  {
    method: 'GET',
    path: '/cluster/nextid',
    parameters: {
      vmid: {
        ...integer(0),
        format: (text) =>
          Number(text) >= 100 && Number(text) <= 999_999_999
            ? undefined
            : 'value does not look like a valid VM ID',
      },
    },
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
      let id = 100;
      while (vms[id] || containers[id]) id += 1;
      return String(id);
    },
  },
];

export const VERSION = { version: '9.2.11', release: '9.2', repoid: '14a22df35955d97d' };
