import type { Knex } from 'knex';
import { summarise, VM_STATES, type RunSummary, type VmState } from '../run/verify-run.ts';
import { MigrationRun } from '../../db/models/migration-run.ts';

/** What a run has found when it compared itself with the source; before that, what it adds up to so far. */
export async function readSummary(trx: Knex.Transaction, runId: string): Promise<RunSummary> {
  const { summary } = await MigrationRun.query(trx).findById(runId).select('summary').throwIfNotFound();
  // Written by `summarise` and by nothing else.
  return (summary as RunSummary | null) ?? summarise(trx, null, runId);
}

/** A VM and the services that point at it. */
export interface VmLine {
  cluster: string;
  vmid: number;
  node: string;
  name: string | null;
  status: string;
  state: VmState;
  services: number[];
}

/** Every VM, for `readRows`. */
export const ALL_VMS = `
  select s.cluster, s.vmid, v.node, s.name, v.status, s.state, s.services from (${VM_STATES}) s
  join migration_vms v on v.run_id = :runId and v.cluster = s.cluster and v.vmid = s.vmid
  order by s.cluster, s.vmid`;

/** The first VMs of one state. */
export const FIRST_VMS = (state: VmState, limit: number) =>
  `select * from (${ALL_VMS}) v where state = '${state}' order by cluster, vmid limit ${limit}`;
