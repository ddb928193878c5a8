import { Model } from 'objection';

export class Membership extends Model {
  static override tableName = 'memberships';
  static override idColumn = ['accountId', 'userId'];
  declare accountId: string;
  declare userId: string;
  declare role: 'owner' | 'member';
  declare createdAt: Date;
}
