import { Model } from 'objection';

/** An address a server has that is in none of Berth's pools. */
export class ServerAddress extends Model {
  static override tableName = 'server_addresses';
  static override idColumn = ['serverId', 'address'];
  declare serverId: string;
  declare address: string;
}
