import type { Deps } from './deps.ts';
import { Secret } from '../db/models/secret.ts';

/** What was sealed under this id; null without an id. */
export async function openSecret(
  { database, secretBox }: Pick<Deps, 'database' | 'secretBox'>,
  id: string | null,
): Promise<string | null> {
  if (!id) return null;
  const secret = await Secret.query(database).findById(id).throwIfNotFound();
  return secretBox.open(secret, secret.purpose);
}
