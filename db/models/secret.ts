import { Model } from 'objection';

/** A sealed secret (db/secrets.ts); `purpose` is part of the seal. */
export class Secret extends Model {
  static override tableName = 'secrets';
  declare id: string;
  declare purpose: string;
  declare keyId: string;
  declare nonce: Buffer;
  declare ciphertext: Buffer;
  declare createdAt: Date;
}
