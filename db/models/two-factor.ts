import { Model } from 'objection';

/** A user's app for codes (TOTP). */
export class TwoFactor extends Model {
  static override tableName = 'two_factors';
  static override idColumn = 'userId';
  declare userId: string;
  declare secretId: string;
  /** A bigint, which arrives as text. */
  declare lastStep: string;
  declare createdAt: Date;
  /** Null until a first code has shown that the app knows the secret. */
  declare confirmedAt: Date | null;
}
