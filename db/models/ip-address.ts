import { Model } from 'objection';
import { IpPool } from './ip-pool.ts';

export class IpAddress extends Model {
  static override tableName = 'ip_addresses';
  declare id: string;
  declare poolId: string;
  declare address: string;
  declare reserved: boolean;
  declare pool?: IpPool;

  static override get relationMappings() {
    return {
      pool: {
        relation: Model.BelongsToOneRelation,
        modelClass: IpPool,
        join: { from: 'ip_addresses.poolId', to: 'ip_pools.id' },
      },
    };
  }
}
