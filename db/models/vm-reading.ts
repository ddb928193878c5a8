import { Model } from 'objection';
import type { ComparedField } from '../../contract/reconcile.ts';

/** A server's VM as it was last read, beside the record. */
export class VmReading extends Model {
  static override tableName = 'vm_readings';
  static override idColumn = 'serverId';
  static override jsonAttributes = ['fields'];
  declare serverId: string;
  declare node: string;
  declare vmid: number;
  declare fields: ComparedField[];
  declare readAt: Date;
}
