import type { FindVms, LastOutcome } from '../explain-service.ts';
import type { ClusterVm } from '../transforms/bind-vm.ts';
import type { Database } from '../../db/connect.ts';
import { queryRows } from '../../db/query-rows.ts';

/** The VMs of a run that a service could have, by number or name. */
export async function findCandidates(
  database: Database,
  runId: string,
  wanted: { vmids: number[]; names: string[] },
): Promise<ClusterVm[]> {
  return queryRows<ClusterVm>(
    database,
    `select cluster_id as "clusterId", cluster, vmid, node, kind, name, status, vcpu, memory_mib as "memoryMib",
       disk_gib as "diskGib", template
     from migration_vms where run_id = ? and (vmid = any(?::int[]) or lower(name) = any(?::text[]))
     order by cluster, vmid`,
    [runId, wanted.vmids, wanted.names],
  );
}

/** Looks VMs up in what the latest run of a source has read of the clusters; undefined when there was none. */
export async function findInventory(database: Database, source: string): Promise<FindVms | undefined> {
  const [run] = await queryRows<{ id: string }>(
    database,
    `select id from migration_runs r where source = ? and exists (select 1 from migration_vms v where v.run_id = r.id)
     order by created_at desc limit 1`,
    [source],
  );
  if (!run) return undefined;
  return ({ vmid, names }) => findCandidates(database, run.id, { vmids: vmid === null ? [] : [vmid], names });
}

/** What the latest run that has settled everything made of a service. */
export async function findLastOutcome(
  database: Database,
  source: string,
  serviceId: number,
): Promise<LastOutcome | undefined> {
  const [found] = await queryRows<LastOutcome>(
    database,
    `select r.id as "runId", r.dry_run as "dryRun", i.outcome, i.code, i.message, i.target_id as "serverId"
     from migration_runs r join migration_items i on i.run_id = r.id and i.entity = 'service' and i.source_id = ?
     where r.source = ? and r.status = 'succeeded' order by r.created_at desc limit 1`,
    [serviceId, source],
  );
  return found;
}
