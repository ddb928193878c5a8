import { Model } from 'objection';

export class IpPool extends Model {
  static override tableName = 'ip_pools';
  declare id: string;
  declare clusterId: string;
  declare name: string;
  declare network: string;
  declare gateway: string;
  declare bridge: string;
  declare vlan: number | null;
  declare nameservers: string[];
  declare createdAt: Date;
}
