import { Model } from 'objection';
import type { Said } from '../../contract/said.ts';

/** A step's change of state, numbered by the workflow within one claim (`fence`). */
export class OperationEvent extends Model {
  static override tableName = 'operation_events';
  static override jsonAttributes = ['said'];
  declare id: string;
  declare operationId: string;
  declare fence: number;
  declare seq: number;
  declare step: string;
  declare state: 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped';
  declare message: string | null;
  /** The same by its code, unless it has none. */
  declare said: Said | null;
  declare at: Date;
}
