import type { ReconcileClaim } from './begin-reconcile.ts';
import type { Deps } from './deps.ts';
import { noteOrphan, type SeenOrphan } from './note-orphan.ts';
import { reasoned } from './reasoned.ts';
import { databaseTime } from '../db/database-time.ts';
import { queryRows } from '../db/query-rows.ts';
import { say } from '../contract/sayings.ts';

export interface NodesRead extends ReconcileClaim {
  /** The nodes that this run has read to the end; of the others nothing is concluded. */
  nodesRead: string[];
}

const LIVE = `exists (select from operations o where o.server_id = s.id
  and (o.status in ('pending', 'running', 'needs_attention') or o.finished_at >= ?))`;

/** Bindings: cluster, now, the VM ids there are. */
const WITHOUT_VM = `
  select case when s.lifecycle in ('active', 'suspended') then 'server_without_vm' else 'vmid_lease_without_vm' end as kind,
    s.id as "serverId", s.name, s.lifecycle as server, l.vmid
  from servers s left join vmid_leases l on l.server_id = s.id
  where s.cluster_id = ? and s.deleted_at is null and not ${LIVE}
    and (s.lifecycle in ('active', 'suspended') or l.vmid is not null)
    and (l.vmid is null or l.vmid <> all (?::int[]))`;

const WITHOUT_SERVER = `
  select 'vmid_lease_without_server' as kind, s.id as "serverId", s.name, s.lifecycle as server, l.vmid, null as address
  from vmid_leases l join servers s on s.id = l.server_id where l.cluster_id = ? and s.deleted_at is not null
  union all
  select 'ip_lease_without_server', s.id, s.name, s.lifecycle, null, host(a.address)
  from ip_leases l join servers s on s.id = l.server_id join ip_addresses a on a.id = l.ip_address_id
  join ip_pools p on p.id = a.pool_id where p.cluster_id = ? and s.deleted_at is not null`;

interface Found {
  kind:
    | 'server_without_vm'
    | 'vmid_lease_without_vm'
    | 'vmid_lease_without_server'
    | 'ip_lease_without_server';
  serverId: string;
  name: string;
  server: string;
  vmid: number | null;
  address?: string | null;
}

export function createReconcileLeases(deps: Deps) {
  /**
   * Finds servers without a VM and leases without an owner, by the cluster's own list of VMs, which has those of nodes
   * that are down too; and marks as gone what this run no longer saw where it could have.
   */
  return async function reconcileLeases(input: NodesRead): Promise<void> {
    const { database } = deps;
    const { clusterId } = input;
    const begunAt = await databaseTime(database);
    const { proxmox } = await deps.clusters.of(clusterId);
    const resources = await proxmox.clusterResources('vm');
    const vmids = resources.flatMap(({ type, vmid }) =>
      type === 'qemu' && vmid !== undefined ? [vmid] : [],
    );
    // A list without any VM proves nothing but that Berth's token may see none.
    if (vmids.length === 0) return;
    const found = [
      ...(await queryRows<Found>(database, WITHOUT_VM, [clusterId, begunAt, vmids])),
      ...(await queryRows<Found>(database, WITHOUT_SERVER, [clusterId, clusterId])),
    ];
    for (const one of found) await noteOrphan(database, input, toOrphan(one));
    await database.raw(GONE, [clusterId, input.runId, input.nodesRead]);
    await database.raw(GONE_VMS, [clusterId, input.runId, vmids, input.nodesRead]);
  };
}

function toOrphan({ kind, serverId, name, server, vmid, address }: Found): SeenOrphan {
  const evidence = {
    name,
    serverId,
    server,
    ...(vmid === null ? {} : { vmid }),
    ...(address ? { address } : {}),
  };
  switch (kind) {
    case 'server_without_vm': {
      const reason = vmid === null ? say('no_vmid') : say('not_in_cluster', { vmid });
      return { kind, identifier: serverId, evidence: { ...evidence, ...reasoned(reason) } };
    }
    case 'vmid_lease_without_vm':
    case 'vmid_lease_without_server':
      return { kind, identifier: `${vmid} of ${serverId}`, evidence };
    case 'ip_lease_without_server':
      return { kind, identifier: `${address} of ${serverId}`, evidence };
  }
}

/** Bindings: cluster, run, nodes read. While a server is being worked on nothing is concluded about it. */
const GONE = `
  update orphans o set gone_at = now()
  where cluster_id = ? and last_run_id <> ? and gone_at is null
    and kind in ('server_without_vm', 'vmid_lease_without_vm', 'vmid_lease_without_server', 'ip_lease_without_server')
    and (node is null or node = any(?::text[]))
    and not exists (select from operations p where p.server_id = (o.evidence ->> 'serverId')::uuid
      and p.status in ('pending', 'running', 'needs_attention'))`;

/** Bindings: cluster, run, VM ids, nodes read. One that a server now has was adopted. */
const GONE_VMS = `
  update orphans o set gone_at = now(),
    state = case when o.state not in ('destroyed') and l.vmid is not null then 'adopted' else o.state end
  from orphans same left join vmid_leases l
    on l.cluster_id = same.cluster_id and l.vmid = (same.evidence ->> 'vmid')::int
  where same.id = o.id and o.cluster_id = ? and o.kind = 'marked_vm_without_server' and o.last_run_id <> ?
    and o.gone_at is null
    and (l.vmid is not null or (o.evidence ->> 'vmid')::int <> all (?::int[]) or o.node = any(?::text[]))`;
