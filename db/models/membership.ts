import { Model } from 'objection';
import type { AccountRole } from '../../contract/roles.ts';

export class Membership extends Model {
  static override tableName = 'memberships';
  static override idColumn = ['accountId', 'userId'];
  declare accountId: string;
  declare userId: string;
  declare role: AccountRole;
  declare createdAt: Date;
}
