import { Model } from 'objection';

export class RefreshToken extends Model {
  static override tableName = 'refresh_tokens';
  static override idColumn = 'tokenHash';
  declare tokenHash: string;
  declare sessionId: string;
  declare createdAt: Date;
  declare spentAt: Date | null;
}
