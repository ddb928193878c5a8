import { Model } from 'objection';

/** A key on a user's device or in their password manager, which logs them in (WebAuthn). */
export class Passkey extends Model {
  static override tableName = 'passkeys';
  declare id: string;
  declare userId: string;
  /** What its maker calls it, in base64url. */
  declare credentialId: string;
  /** In COSE. */
  declare publicKey: Buffer;
  /** A bigint, which arrives as text; 0 for ever where its maker does not count. */
  declare counter: string;
  declare transports: string[];
  declare name: string;
  /** Kept by its maker on all of the user's devices. */
  declare isSynced: boolean;
  declare createdAt: Date;
  declare lastUsedAt: Date | null;
}
