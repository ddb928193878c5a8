import { Model } from 'objection';

export class IpLease extends Model {
  static override tableName = 'ip_leases';
  static override idColumn = 'ipAddressId';
  declare ipAddressId: string;
  declare serverId: string;
  declare createdAt: Date;
}
