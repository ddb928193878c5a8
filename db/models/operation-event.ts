import { Model } from 'objection';

/** A step's change of state, numbered by the workflow within one claim (`fence`). */
export class OperationEvent extends Model {
  static override tableName = 'operation_events';
  declare id: string;
  declare operationId: string;
  declare fence: number;
  declare seq: number;
  declare step: string;
  declare state: 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped';
  declare message: string | null;
  declare at: Date;
}
