import type { Knex } from 'knex';
import { queryRows } from '../../db/query-rows.ts';

/**
 * `bound`: a migrated service's. `contested`: a quarantined service points at it. `zombie`: a skipped service does.
 * `unclaimed`: no service of the source is known to.
 */
export const VM_STATES = ['bound', 'contested', 'zombie', 'unclaimed', 'template'] as const;
export type VmState = (typeof VM_STATES)[number];

export interface VmCount {
  cluster: string;
  state: VmState;
  count: number;
}

/** A VM and the service that points at it. */
export interface VmLine {
  cluster: string;
  vmid: number;
  node: string;
  name: string | null;
  status: string;
  state: VmState;
  serviceId: number | null;
}

/**
 * Besides what the items say, names that modules give to VMs are believed here: nothing is bound by them, but a VM
 * that a service may have must not be listed as nobody's.
 */
const STATES = `
  with pointed as (
    select vm ->> 'cluster' as cluster, (vm ->> 'vmid')::int as vmid, i.source_id, i.outcome
    from migration_items i, jsonb_array_elements(coalesce(i.binding -> 'claims', jsonb_build_array(i.binding))) vm
    where i.run_id = ? and i.entity = 'service' and i.binding is not null),
  named as (
    select cluster, vmid, coalesce((regexp_match(lower(name), '^(vps|vm-)(\\d{1,10})(-cus\\d+){0,1}$'))[2],
      (regexp_match(name, '^(\\d{1,10})-\\d{10}$'))[1])::bigint as source_id
    from migration_vms where run_id = ?),
  claims as (
    select distinct on (cluster, vmid) cluster, vmid, source_id, outcome
    from (
      select * from pointed
      union all
      select n.cluster, n.vmid, n.source_id, i.outcome from named n
      join migration_items i on i.run_id = ? and i.entity = 'service' and i.source_id = n.source_id
        and i.outcome <> 'migrated') every
    order by cluster, vmid, array_position(array['migrated', 'quarantined', 'skipped'], outcome), source_id),
  states as (
    select v.cluster, v.vmid, v.node, v.name, v.status, c.source_id::float8 as "serviceId",
      case when v.template then 'template' when c.outcome = 'migrated' then 'bound'
        when c.outcome = 'quarantined' then 'contested' when c.outcome = 'skipped' then 'zombie'
        else 'unclaimed' end as state
    from migration_vms v left join claims c on c.cluster = v.cluster and c.vmid = v.vmid
    where v.run_id = ?)`;

export async function countVms(trx: Knex.Transaction, runId: string): Promise<VmCount[]> {
  return queryRows(
    trx,
    `${STATES} select cluster, state, count(*)::int as count from states group by 1, 2 order by 1, 2`,
    [runId, runId, runId, runId],
  );
}

const LINES = `select cluster, vmid, node, name, status, state, "serviceId" from states`;

/** Every VM, for `readRows`. */
export const ALL_VMS = `${STATES} ${LINES} order by cluster, vmid`;

/** The first VMs of one state. */
export async function listVms(
  trx: Knex.Transaction,
  runId: string,
  { state, limit }: { state: VmState; limit: number },
): Promise<VmLine[]> {
  const sql = `${STATES} ${LINES} where state = ? order by cluster, vmid limit ${limit}`;
  return queryRows(trx, sql, [runId, runId, runId, runId, state]);
}
