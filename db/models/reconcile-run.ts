import { Model } from 'objection';

/** The latest comparison of a cluster with the record. */
export class ReconcileRun extends Model {
  static override tableName = 'reconcile_runs';
  static override idColumn = 'clusterId';
  declare clusterId: string;
  /** Temporal's id of the run. */
  declare runId: string;
  declare status: 'running' | 'complete' | 'incomplete' | 'failed';
  declare startedAt: Date;
  declare finishedAt: Date | null;
  /** When one last came to its end with everything read. */
  declare completedAt: Date | null;
  declare serversRead: number;
  declare message: string | null;
}
