import { isIP } from 'node:net';
import type { ClusterConnection } from './cluster-access.ts';
import type { Tenure } from './while-elected.ts';

interface Candidate {
  serverId: string;
  vmid: number;
  node: string;
  uptimeSeconds: number;
}

/** A silent agent keeps a connection busy for three seconds, and there are only a few. */
const AT_ONCE = 2;
const AGAIN_AFTER_S = 600;
/** A system that has just started may answer soon; one that has run for hours without has no agent. */
const SILENT_AGAIN_AFTER_S = { least: 30, most: 3_600 };
/** A guest says what it likes. */
const MOST_ADDRESSES = 32;

/**
 * Asks the guest agent of one running VM per node, the longest due first, which addresses it has, and records those that
 * others may reach. Each call waits its turn on its node. A VM that is locked is left in peace: a backup, for one, talks to the
 * same agent.
 */
export async function askAgents(
  { query, signal }: Tenure,
  clusterId: string,
  { proxmox, tasks }: ClusterConnection,
): Promise<void> {
  const waiting = await query<Candidate>(
    `select distinct on (s.node_id) s.id as "serverId", l.vmid, n.name as node,
       o.uptime_seconds::int as "uptimeSeconds"
     from server_observations o join servers s on s.id = o.server_id join vmid_leases l on l.server_id = s.id
     join nodes n on n.id = s.node_id
     where l.cluster_id = $1 and n.status = 'online' and s.lifecycle in ('active', 'suspended')
       and s.power_state = 'running' and s.power_observed_at > now() - interval '60 seconds'
       and o.uptime_seconds > 0 and o.lock is null and o.agent_due_at <= now()
     order by s.node_id, o.agent_due_at`,
    [clusterId],
  );
  const one = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      await tasks.turn(next.node, signal);
      if (signal.aborted) return;
      await ask(next);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));

  async function ask({ serverId, vmid, node, uptimeSeconds }: Candidate): Promise<void> {
    const { least, most } = SILENT_AGAIN_AFTER_S;
    const interfaces = await proxmox.agentInterfaces(node, vmid).catch(() => null);
    await (interfaces
      ? query(
          `update server_observations set agent_addresses = $2::inet[], agent_seen_at = now(),
             agent_due_at = now() + make_interval(secs => $3) where server_id = $1`,
          [serverId, reachable(interfaces.flatMap(({ addresses }) => addresses)), AGAIN_AFTER_S],
        )
      : query(
          `update server_observations set agent_due_at = now() + make_interval(secs => $2) where server_id = $1`,
          [serverId, Math.min(most, Math.max(least, uptimeSeconds))],
        ));
  }
}

const reachable = (found: { address: string }[]): string[] =>
  found
    .map(({ address }) => address)
    .filter((address) => isIP(address) > 0 && !/^(?:127\.|::1$|fe80:|169\.254\.|.*%)/i.test(address))
    .slice(0, MOST_ADDRESSES);
