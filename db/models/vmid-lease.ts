import { Model } from 'objection';

export class VmidLease extends Model {
  static override tableName = 'vmid_leases';
  static override idColumn = ['clusterId', 'vmid'];
  declare clusterId: string;
  declare vmid: number;
  declare serverId: string;
  declare createdAt: Date;
}
