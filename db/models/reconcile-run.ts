import { Model } from 'objection';
import type { Said } from '../../contract/said.ts';

/** The latest comparison of a cluster with the record. */
export class ReconcileRun extends Model {
  static override tableName = 'reconcile_runs';
  static override jsonAttributes = ['said'];
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
  /** The same by its code, unless it has none. */
  declare said: Said | null;
}
