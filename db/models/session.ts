import { Model } from 'objection';

export class Session extends Model {
  static override tableName = 'sessions';
  declare id: string;
  declare userId: string;
  /** Of the administrator who looks through this user's eyes. */
  declare adminId: string | null;
  declare userAgent: string | null;
  declare ip: string | null;
  declare createdAt: Date;
  /** To the minute. */
  declare lastUsedAt: Date | null;
  declare expiresAt: Date;
  declare revokedAt: Date | null;
}
