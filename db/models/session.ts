import { Model } from 'objection';

export class Session extends Model {
  static override tableName = 'sessions';
  declare id: string;
  declare userId: string;
  declare userAgent: string | null;
  declare ip: string | null;
  declare createdAt: Date;
  declare expiresAt: Date;
  declare revokedAt: Date | null;
}
