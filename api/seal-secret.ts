import type { Knex } from 'knex';
import { Secret } from '../db/models/secret.ts';
import type { SecretBox } from '../db/secrets.ts';

/** Keeps a secret sealed and answers its id, which may be passed on where the secret itself may not. */
export async function sealSecret(
  trx: Knex,
  secretBox: SecretBox,
  purpose: string,
  plaintext: string,
): Promise<string> {
  const secret = await Secret.query(trx).insertAndFetch({ purpose, ...secretBox.seal(plaintext, purpose) });
  return secret.id;
}
