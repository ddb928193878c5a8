import { Model } from 'objection';

export class AuditEntry extends Model {
  static override tableName = 'audit_log';
  declare id: string;
  declare at: Date;
  declare userId: string | null;
  /** The API token it was done with. */
  declare tokenId: string | null;
  /** The administrator who acted as this user. */
  declare adminId: string | null;
  declare accountId: string | null;
  declare action: string;
  declare subjectType: string | null;
  declare subjectId: string | null;
  declare ip: string | null;
  declare requestId: string | null;
  declare details: Record<string, unknown>;
}
