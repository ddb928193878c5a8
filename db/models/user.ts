import { Model } from 'objection';
import type { AccountRole } from '../../contract/roles.ts';
import { Account } from './account.ts';

export class User extends Model {
  static override tableName = 'users';
  declare id: string;
  declare email: string;
  declare name: string;
  /** Null when nobody can log in as this user; may be a hash of WHMCS (legacy-passwords.ts). */
  declare passwordHash: string | null;
  declare role: 'customer' | 'admin';
  declare disabledAt: Date | null;
  declare createdAt: Date;
  declare updatedAt: Date;
  declare accounts?: (Account & { membershipRole: AccountRole })[];

  static override get relationMappings() {
    return {
      accounts: {
        relation: Model.ManyToManyRelation,
        modelClass: Account,
        join: {
          from: 'users.id',
          through: {
            from: 'memberships.userId',
            to: 'memberships.accountId',
            extra: { membershipRole: 'role' },
          },
          to: 'accounts.id',
        },
      },
    };
  }
}
