import { refuse } from './api-error.ts';
import type { Cluster } from './cluster.ts';
import { findVm } from './cluster.ts';
import type { Call } from './route.ts';

/**
 * What a cluster cannot do without a majority of its nodes: /etc/pve is read-only then. Guests, agents, consoles, storages and
 * logins go on, and so do tasks that were running.
 */

/** Two nodes count as corosync's two_node mode, in which one may go on alone. */
export function hasQuorum({ state: { nodes }, faults }: Cluster): boolean {
  const online = nodes.filter(({ node }) => !faults.isNodeDown(node)).length;
  return !faults.holds('quorumLost') && (online > nodes.length / 2 || nodes.length === 2);
}

/** Calls that ask for a quorum themselves. */
const ASKING = /^POST \/nodes\/\{node\}\/qemu(?:\/\{vmid\}\/(?:clone|migrate|status\/start))?$/;
/** Calls that write a VM's config at once. */
const CONFIG = /^PUT \/nodes\/\{node\}\/qemu\/\{vmid\}\/(?:config|unlink|cloudinit|snapshot\/)/;
/** Calls whose task writes a VM's config. */
const CONFIG_TASK =
  /^(?:DELETE \/nodes\/\{node\}\/qemu\/\{vmid\}|[A-Z]+ \/nodes\/\{node\}\/qemu\/\{vmid\}\/(?:config|resize|template|move_disk|snapshot.*)|POST \/nodes\/\{node\}\/vzdump)$/;
const FIREWALL = /^(?:POST|PUT|DELETE) .*\/firewall\//;

/** Files of the cluster that are written under a lock, and what a failure begins with. */
const LOCKED: [RegExp, string, string][] = [
  [/^POST \/access\/users$/, 'user_cfg', 'create user failed: '],
  [/^PUT \/access\/users\/\{userid\}$/, 'user_cfg', 'update user failed: '],
  [/^DELETE \/access\/users\/\{userid\}$/, 'user_cfg', 'delete user failed: '],
  [/^POST \/access\/groups$/, 'user_cfg', 'create group failed: '],
  [/^PUT \/access\/groups/, 'user_cfg', 'update group failed: '],
  [/^DELETE \/access\/groups/, 'user_cfg', 'delete group failed: '],
  [/^POST \/access\/roles$/, 'user_cfg', 'create role failed: '],
  [/^PUT \/access\/roles/, 'user_cfg', 'update role failed: '],
  [/^DELETE \/access\/roles/, 'user_cfg', 'delete role failed: '],
  [/^PUT \/access\/acl$/, 'user_cfg', 'ACL update failed: '],
  [/^POST \/pools/, 'user_cfg', 'create pool failed: '],
  [/^PUT \/pools/, 'user_cfg', 'update pools failed: '],
  [/^DELETE \/pools/, 'user_cfg', 'delete pool failed: '],
  [/^(?:POST|PUT|DELETE) \/access\/users\/.*\/token\//, 'user_cfg', ''],
  [/^(?:POST|PUT|DELETE) \/storage/, 'storage_cfg', ''],
  [/^PUT \/cluster\/options$/, 'datacenter_cfg', ''],
];

/** Refuses a call that needs a quorum there is not. */
export function requireQuorum({ cluster, node, vmid, asked, routeName }: Call): void {
  if (routeName.startsWith('GET ') || hasQuorum(cluster)) return;
  const failure = failureOf(routeName, node, vmid);
  // A VM that is not there is noticed before.
  if (failure === undefined || (vmid && CONFIG.test(routeName) && !findVm(cluster, node, vmid))) return;
  cluster.faults.hit('quorumLost', undefined, asked);
  throw refuse(failure);
}

/** Why the task of a call fails, if it writes what cannot be written. */
export function taskFailure({ cluster, node, vmid, asked, routeName }: Call): string | undefined {
  if (!CONFIG_TASK.test(routeName) || hasQuorum(cluster)) return undefined;
  cluster.faults.hit('quorumLost', undefined, asked);
  return readOnly(`nodes/${node}/qemu-server/${vmid}.conf`);
}

function failureOf(routeName: string, node: string, vmid: number): string | undefined {
  if (ASKING.test(routeName)) return 'cluster not ready - no quorum?';
  if (CONFIG.test(routeName)) return readOnly(`nodes/${node}/qemu-server/${vmid}.conf`);
  if (FIREWALL.test(routeName)) return readOnly(`firewall/${vmid ? `${vmid}` : 'cluster'}.fw`);
  for (const [pattern, file, what] of LOCKED) {
    if (pattern.test(routeName)) return `${what}cfs-lock 'file-${file}' error: no quorum!`;
  }
  return undefined;
}

function readOnly(file: string): string {
  return `unable to open file '/etc/pve/${file}.tmp.${process.pid}' - Permission denied`;
}
