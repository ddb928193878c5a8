import { Model } from 'objection';

/** The Proxmox task a step started, saved as soon as its id is known so that any worker can go on waiting for it. */
export class OperationTask extends Model {
  static override tableName = 'operation_tasks';
  static override idColumn = ['operationId', 'step'];
  declare operationId: string;
  declare step: string;
  declare upid: string;
  declare exitStatus: string | null;
  declare startedAt: Date;
  declare finishedAt: Date | null;
}
