import { Model } from 'objection';

export class Account extends Model {
  static override tableName = 'accounts';
  declare id: string;
  declare name: string;
  declare maxServers: number;
  declare suspendedAt: Date | null;
  declare createdAt: Date;
}
