import { Model } from 'objection';

/** The answer a mutation gave, kept under the caller's key so that a repeat gets it again. */
export class IdempotencyKey extends Model {
  static override tableName = 'idempotency_keys';
  static override idColumn = ['userId', 'key'];
  declare userId: string;
  declare key: string;
  declare requestHash: string;
  declare status: number | null;
  declare location: string | null;
  declare body: object | null;
  declare createdAt: Date;
}
