import { copyRows } from './copy-rows.ts';
import type { MigrationDeps, RunInput } from './deps.ts';
import { ApplicationFailure } from '@temporalio/common';
import { parseMapping } from '../mapping.ts';
import { Cluster } from '../../db/models/cluster.ts';
import { MigrationRun } from '../../db/models/migration-run.ts';

const COLUMNS = [
  'run_id',
  'cluster_id',
  'cluster',
  'vmid',
  'node',
  'kind',
  'name',
  'status',
  'vcpu',
  'memory_mib',
  'disk_gib',
  'template',
];

export function createReadClusters({ database, listVms }: MigrationDeps) {
  /** Writes down which VMs the mapped clusters hold, so that binding asks PostgreSQL and not Proxmox. */
  return async function readClusters({ runId }: RunInput): Promise<void> {
    const run = await MigrationRun.query(database).findById(runId).throwIfNotFound();
    const names = Object.values(parseMapping(run.mapping).servers).flatMap((server) =>
      'cluster' in server ? [server.cluster] : [],
    );
    for (const { id, name } of await Cluster.query(database).whereIn('name', names).orderBy('name')) {
      const vms = await listVms(id).catch((err: unknown) => {
        const why = err instanceof Error ? err.message : String(err);
        throw ApplicationFailure.create({
          type: 'cluster_unreachable',
          message: `cluster ${name} cannot be read: ${why}`,
          nonRetryable: false,
        });
      });
      await database.transaction(async (trx) => {
        await trx('migration_vms').where({ runId, clusterId: id }).delete();
        await copyRows(trx, 'migration_vms', COLUMNS, vms, (vm) => [
          runId,
          id,
          name,
          vm.vmid,
          vm.node,
          vm.kind,
          vm.name,
          vm.status,
          vm.vcpu,
          vm.memoryMib,
          vm.diskGib,
          vm.template,
        ]);
      });
    }
    await database.raw('analyze migration_vms');
  };
}
