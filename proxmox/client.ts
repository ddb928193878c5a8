import { z } from 'zod';
import * as answers from './answers.ts';
import type { ClusterResource } from './answers.ts';
import { ProxmoxError } from './errors.ts';
import { createSession } from './session.ts';
import type { ParameterValue, Session, SessionOptions } from './session.ts';
import { parseUpid } from './upid.ts';

export type ProxmoxOptions = SessionOptions;
export type Proxmox = ReturnType<typeof createProxmox>;

export interface CloneVm {
  /** Where the template is; the task runs there too. */
  node: string;
  /** The template. */
  vmid: number;
  newid: number;
  name: string;
  description: string;
  /** A full copy, or a linked clone of a template. */
  full: boolean;
  /** Full copies only. */
  storage?: string;
  /** Another node; only with shared storage. */
  target?: string;
}

export interface FindTasks {
  /** Exact task type, such as `qmclone`. */
  typefilter?: string;
  /** For a clone this is the template's id. */
  vmid?: number;
  /** Earliest start, Unix seconds. */
  since?: number;
  source?: 'archive' | 'active' | 'all';
  limit?: number;
}

export type AgentPing = 'answering' | 'silent' | 'not_configured' | 'vm_not_running';

export interface AgentInterface {
  name: string;
  mac: string | null;
  addresses: { address: string; prefix: number; family: 4 | 6 }[];
}

/**
 * The one typed way to a Proxmox VE cluster (8.x and 9.x). Every method rejects with ProxmoxError; methods that answer
 * a UPID have only started a task, which may still fail for the plainest of reasons (VM missing, locked, running).
 */
export function createProxmox(options: ProxmoxOptions) {
  return proxmoxOver(createSession(options));
}

/** The same over a session that is there already. */
export function proxmoxOver(session: Session) {
  return {
    ...clusterMethods(session),
    ...storageMethods(session),
    ...vmMethods(session),
    ...configMethods(session),
    ...powerMethods(session),
    ...migrationMethods(session),
    ...taskMethods(session),
    ...agentMethods(session),
    /** Closes every connection; calls in flight fail. */
    close: session.close,
  };
}

const QEMU = '/nodes/{node}/qemu/{vmid}';

function clusterMethods({ call }: Session) {
  const clusterResources = (type?: 'vm' | 'node' | 'storage') =>
    call(z.array(answers.ClusterResource), {
      method: 'GET',
      template: '/cluster/resources',
      params: { type },
    });
  return {
    /** Version of the node that answered; the cheapest proof that the credentials work. */
    version: () => call(answers.Version, { method: 'GET', template: '/version' }),

    /** All nodes with their load; answers also while some are down. */
    nodes: () => call(z.array(answers.Node), { method: 'GET', template: '/nodes' }),

    /** What the node itself takes for the time, in Unix seconds: tasks are dated by it. */
    async nodeTime(node: string): Promise<number> {
      const { time } = await call(answers.NodeTime, {
        method: 'GET',
        template: '/nodes/{node}/time',
        path: { node },
      });
      return time;
    },

    /** Everything in the cluster, in one call; up to 10 s old, and up to 5 min old for a node that is down. */
    clusterResources,

    /** Whether no VM or container of the cluster has this id, seen by the caller or not. Reserves nothing. */
    async nextIdFree(vmid: number): Promise<boolean> {
      try {
        await call(answers.TextAnswer, { method: 'GET', template: '/cluster/nextid', params: { vmid } });
        return true;
      } catch (error) {
        if (error instanceof ProxmoxError && error.code === 'vmid_taken') return false;
        throw error;
      }
    },

    /** The VM's entry in the cluster's list (node, lock and tags current, the rest up to 10 s old), or null. */
    async findVm(vmid: number): Promise<(ClusterResource & { node: string; vmid: number }) | null> {
      const found = (await clusterResources('vm')).find(
        (entry) => entry.type === 'qemu' && entry.vmid === vmid,
      );
      return found?.node === undefined ? null : { ...found, node: found.node, vmid };
    },

    /** Members and quorum; needs Sys.Audit on `/`. */
    clusterStatus: () =>
      call(z.array(answers.ClusterStatusEntry), { method: 'GET', template: '/cluster/status' }),

    /** Privileges by path, on all paths or on one: the caller's, or another's (needs Sys.Audit on `/access`). */
    permissions: (params: { path?: string; userid?: string } = {}) =>
      call(answers.Permissions, { method: 'GET', template: '/access/permissions', params }),

    /** A node's network interfaces, bridges among them. */
    networks: (node: string) =>
      call(z.array(answers.NetworkInterface), {
        method: 'GET',
        template: '/nodes/{node}/network',
        path: { node },
      }),
  };
}

function storageMethods({ call }: Session) {
  return {
    /** A node's storages with sizes in bytes; slow when a network storage hangs. */
    storages: (node: string) =>
      call(z.array(answers.Storage), { method: 'GET', template: '/nodes/{node}/storage', path: { node } }),

    /** The files and volumes of a storage; disks only of VMs whose disks the token may change, backups only with VM.Backup. */
    storageContent: (node: string, storage: string, content?: 'iso') =>
      call(z.array(answers.StorageVolume), {
        method: 'GET',
        template: '/nodes/{node}/storage/{storage}/content',
        path: { node, storage },
        params: { content },
      }),

    /**
     * Deletes a volume, whoever uses it → UPID. Needs Datastore.Allocate on the storage, for a backup VM.Backup: the one call
     * that goes beyond Berth's role of least privilege.
     */
    deleteVolume: (node: string, storage: string, volume: string) =>
      call(answers.Upid.nullable(), {
        method: 'DELETE',
        template: '/nodes/{node}/storage/{storage}/content/{volume}',
        path: { node, storage, volume },
      }),
  };
}

function vmMethods({ call }: Session) {
  return {
    /** The node's VMs and templates as they are now. */
    listVms: (node: string) =>
      call(z.array(answers.VmSummary), { method: 'GET', template: '/nodes/{node}/qemu', path: { node } }),

    /** Power state as of now. `missing` when it is not on this node. */
    vmStatus: (node: string, vmid: number) =>
      call(answers.VmStatus, { method: 'GET', template: `${QEMU}/status/current`, path: { node, vmid } }),

    /** Starts a clone → UPID on the template's node. `exists` when the id is taken, `missing` (`template_missing`) without the template. */
    async cloneVm(input: CloneVm): Promise<string> {
      const { node, vmid, ...params } = input;
      try {
        return await call(answers.Upid, {
          method: 'POST',
          template: `${QEMU}/clone`,
          path: { node, vmid },
          params,
        });
      } catch (error) {
        if (!(error instanceof ProxmoxError) || error.code !== 'vm_gone') throw error;
        throw error.as({ code: 'template_missing' });
      }
    },

    /** Destroys a stopped VM → UPID. `vm_running`, `vm_protected`, `missing`. */
    deleteVm: (
      node: string,
      vmid: number,
      { purge, destroyUnreferencedDisks }: { purge?: boolean; destroyUnreferencedDisks?: boolean } = {},
    ) =>
      call(answers.Upid, {
        method: 'DELETE',
        template: QEMU,
        path: { node, vmid },
        params: { purge, 'destroy-unreferenced-disks': destroyUnreferencedDisks },
      }),
  };
}

function configMethods({ call }: Session) {
  return {
    /** Configuration with pending changes merged in, or with `current` the one in force. `missing` when it is not on this node. */
    vmConfig: (node: string, vmid: number, { current }: { current?: boolean } = {}) =>
      call(answers.VmConfig, {
        method: 'GET',
        template: `${QEMU}/config`,
        path: { node, vmid },
        params: { current },
      }),

    /** The properties whose change waits for the next cold start; neither a reset nor a reboot from inside is one. */
    async pendingProperties(node: string, vmid: number): Promise<string[]> {
      const properties = await call(z.array(answers.PendingProperty), {
        method: 'GET',
        template: `${QEMU}/pending`,
        path: { node, vmid },
      });
      return properties
        .filter((property) => property.pending !== undefined || property.delete !== undefined)
        .map(({ key }) => key);
    },

    /**
     * Sets and deletes properties at once. A failure is no proof that nothing changed: keys are written one by one, and a
     * refused hotplug (`hotplug_pending`) leaves the change pending. `config_changed` when `digest` no longer fits.
     */
    async updateConfig(
      node: string,
      vmid: number,
      params: Record<string, ParameterValue>,
      { digest, remove }: { digest?: string; remove?: string[] } = {},
    ): Promise<void> {
      if (/^\*+$/.test(String(params['cipassword'] ?? ''))) {
        throw new TypeError('cipassword is the mask Proxmox shows instead of it, not a password');
      }
      await call(z.unknown(), {
        method: 'PUT',
        template: `${QEMU}/config`,
        path: { node, vmid },
        params: { ...params, digest, delete: remove?.join(',') || undefined },
      });
    },

    /** Grows a disk to an absolute size such as `32G` → UPID. The same size again is fine; shrinking fails in the task. */
    resizeDisk: (node: string, vmid: number, disk: string, size: string) => {
      if (size.startsWith('+'))
        return Promise.reject(new TypeError('a repeated relative size would grow the disk twice'));
      return call(answers.Upid, {
        method: 'PUT',
        template: `${QEMU}/resize`,
        path: { node, vmid },
        params: { disk, size },
      });
    },
  };
}

/** Power verbs; each answers the UPID of its task. Seconds for every `timeout`. */
function powerMethods({ call }: Session) {
  const power = (verb: string, node: string, vmid: number, params: Record<string, ParameterValue> = {}) =>
    call(answers.Upid, {
      method: 'POST',
      template: `${QEMU}/status/${verb}`,
      path: { node, vmid },
      params,
    });
  return {
    /** A VM that runs already fails in the task (`already_running`). */
    start: (node: string, vmid: number) => power('start', node, vmid),
    /** Pulls the plug; fine for a stopped VM. A running shutdown holds the lock unless it is overruled. */
    stop: (node: string, vmid: number, { overruleShutdown }: { overruleShutdown?: boolean } = {}) =>
      power('stop', node, vmid, { 'overrule-shutdown': overruleShutdown || undefined }),
    /** Asks the guest, and with `forceStop` pulls the plug after `timeout`. Fine for a stopped VM. */
    shutdown: (
      node: string,
      vmid: number,
      { timeout, forceStop }: { timeout?: number; forceStop?: boolean } = {},
    ) => power('shutdown', node, vmid, { timeout, forceStop }),
    /** Shuts down; the task ends OK while the VM is stopped, and a second task starts it about a second later. */
    reboot: (node: string, vmid: number, { timeout }: { timeout?: number } = {}) =>
      power('reboot', node, vmid, { timeout }),
    /** Hard reset; pending changes are not applied. `vm_not_running` when it is stopped. */
    reset: (node: string, vmid: number) => power('reset', node, vmid),
  };
}

function migrationMethods({ call }: Session) {
  return {
    /** What a move of the VM to `target` would meet. `vm_locked` while it is locked. */
    migrationPreconditions: (node: string, vmid: number, target: string) =>
      call(answers.MigrationPreconditions, {
        method: 'GET',
        template: `${QEMU}/migrate`,
        path: { node, vmid },
        params: { target },
      }),

    /**
     * Moves the VM to another node → UPID on the node it is on. A running one moves live and takes `online`; `withLocalDisks`
     * copies what is on storages of its node alone. `migration_blocked`, `vm_locked`, `node_missing`.
     */
    migrateVm: (
      node: string,
      vmid: number,
      { target, online, withLocalDisks }: { target: string; online: boolean; withLocalDisks: boolean },
    ) =>
      call(answers.Upid, {
        method: 'POST',
        template: `${QEMU}/migrate`,
        path: { node, vmid },
        params: { target, online: online || undefined, 'with-local-disks': withLocalDisks || undefined },
      }),
  };
}

function taskMethods({ call }: Session) {
  const taskPath = (upid: string) => ({ node: parseUpid(upid).node, upid });
  return {
    /** `missing` (`task_unknown`) for a UPID the node does not know, also in the moments after its start. */
    taskStatus: (upid: string, { signal }: { signal?: AbortSignal } = {}) =>
      call(answers.TaskStatus, {
        method: 'GET',
        template: '/nodes/{node}/tasks/{upid}/status',
        path: taskPath(upid),
        ...(signal ? { signal } : {}),
      }),

    /** Log lines from `start` on; `limit` 0 means all. An unknown task has one line that says so. */
    async taskLog(
      upid: string,
      { start, limit }: { start?: number; limit?: number } = {},
    ): Promise<string[]> {
      const lines = await call(z.array(answers.TaskLogLine), {
        method: 'GET',
        template: '/nodes/{node}/tasks/{upid}/log',
        path: taskPath(upid),
        params: { start, limit },
      });
      return lines.map((line) => line.t);
    },

    /** Stops a running task and returns when it is dead; fine for one that has ended. */
    async stopTask(upid: string): Promise<void> {
      await call(z.unknown(), {
        method: 'DELETE',
        template: '/nodes/{node}/tasks/{upid}',
        path: taskPath(upid),
      });
    },

    /** A node's tasks, newest first; running and ended ones unless `source` says otherwise. */
    findTasks: (node: string, { source = 'all', ...params }: FindTasks = {}) =>
      call(z.array(answers.TaskListEntry), {
        method: 'GET',
        template: '/nodes/{node}/tasks',
        path: { node },
        params: { source, ...params },
      }),
  };
}

function agentMethods({ call }: Session) {
  return {
    /** Asks the guest agent for a sign of life. `silent` takes Proxmox about 3 s to find out and is normal while booting. */
    async agentPing(node: string, vmid: number): Promise<AgentPing> {
      try {
        await call(z.unknown(), {
          method: 'POST',
          template: `${QEMU}/agent/ping`,
          path: { node, vmid },
          isRepeatable: true,
        });
        return 'answering';
      } catch (error) {
        if (!(error instanceof ProxmoxError)) throw error;
        if (error.code === 'agent_not_running') return 'silent';
        if (error.code === 'agent_not_configured') return 'not_configured';
        if (error.code === 'vm_not_running') return 'vm_not_running';
        throw error;
      }
    },

    /** Sets a user's password inside the guest; the same again changes nothing. `agent_error` says in the guest's words why not. */
    async agentSetPassword(node: string, vmid: number, username: string, password: string): Promise<void> {
      await call(z.unknown(), {
        method: 'POST',
        template: `${QEMU}/agent/set-user-password`,
        path: { node, vmid },
        params: { username, password },
      });
    },

    /** The guest's interfaces as its agent reports them. `agent_not_running` while there is none. */
    async agentInterfaces(node: string, vmid: number): Promise<AgentInterface[]> {
      const { result } = await call(answers.AgentInterfaces, {
        method: 'GET',
        template: `${QEMU}/agent/network-get-interfaces`,
        path: { node, vmid },
      });
      return result.map((entry) => ({
        name: entry.name,
        mac: entry['hardware-address']?.toUpperCase() ?? null,
        addresses: entry['ip-addresses'].map((address) => ({
          address: address['ip-address'],
          prefix: address.prefix,
          family: address['ip-address-type'] === 'ipv6' ? 6 : 4,
        })),
      }));
    },
  };
}
