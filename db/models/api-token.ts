import { Model } from 'objection';
import type { Permission } from '../../contract/roles.ts';

export class ApiToken extends Model {
  static override tableName = 'api_tokens';
  declare id: string;
  declare userId: string;
  declare name: string;
  /** SHA-256 in hex; the token itself is kept nowhere. */
  declare tokenHash: string;
  /** Its first characters, to tell one from another. */
  declare hint: string;
  /** What may be done with it at most. */
  declare permission: Exclude<Permission, 'own'>;
  /** Whether an administrator's token reaches what only administrators may. */
  declare isStaff: boolean;
  /** Networks it may be used from; null for all. */
  declare sources: string[] | null;
  declare expiresAt: Date | null;
  /** To the minute. */
  declare lastUsedAt: Date | null;
  declare lastUsedIp: string | null;
  declare createdAt: Date;
  declare revokedAt: Date | null;
}
