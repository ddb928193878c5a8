import { raw } from 'objection';
import type { Deps } from './deps.ts';
import { Cluster } from '../db/models/cluster.ts';
import { ReconcileRun } from '../db/models/reconcile-run.ts';
import type { ReconcileInput } from '../contract/temporal.ts';
import type { Said } from '../contract/said.ts';

/** A run of a cluster's comparison; `runId` is Temporal's. */
export interface ReconcileClaim extends ReconcileInput {
  runId: string;
}

export function createBeginReconcile({ database, clusters }: Deps) {
  /** Notes that a comparison has begun and answers the nodes that can be read now; null when the cluster is gone. */
  return async function beginReconcile({ clusterId, runId }: ReconcileClaim): Promise<string[] | null> {
    if (!(await Cluster.query(database).findById(clusterId))) return null;
    await database.raw(
      `insert into reconcile_runs (cluster_id, run_id, status) values (?, ?, 'running')
       on conflict (cluster_id) do update set run_id = excluded.run_id, status = 'running', started_at = now(),
         finished_at = null, servers_read = 0, message = null, said = null
       where reconcile_runs.run_id <> excluded.run_id`,
      [clusterId, runId],
    );
    const { proxmox } = await clusters.of(clusterId);
    return (await proxmox.nodes()).flatMap(({ node, status }) => (status === 'online' ? [node] : []));
  };
}

export interface ReconcileOutcome extends ReconcileClaim {
  status: Exclude<ReconcileRun['status'], 'running'>;
  serversRead: number;
  message: string | null;
  /** The same by its code. */
  said?: Said;
}

export function createEndReconcile({ database }: Pick<Deps, 'database'>) {
  /** Notes how a comparison ended, unless a later one has begun. */
  return async function endReconcile(outcome: ReconcileOutcome): Promise<void> {
    const { clusterId, runId, status, serversRead, message, said = null } = outcome;
    const finishedAt = raw('now()');
    await ReconcileRun.query(database)
      .where({ clusterId, runId })
      .patch({
        status,
        serversRead,
        message,
        said,
        finishedAt,
        ...(status === 'complete' ? { completedAt: finishedAt } : {}),
      });
  };
}
