import { randomBytes } from 'node:crypto';
import { hash, verify, type Options } from '@node-rs/argon2';
import { legacyKind, verifyLegacyPassword } from './legacy-passwords.ts';

/** OWASP's second argon2id profile: 19 MiB, 2 passes, 1 lane; argon2id is the library's default algorithm. */
const OPTIONS: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes a password with argon2id; the answer (a PHC string) carries salt and parameters. */
export async function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFC'), OPTIONS);
}

/** Whether a hash is of the kind new ones are; one of another kind is replaced when its password is known. */
export const isCurrentHash = (passwordHash: string): boolean => passwordHash.startsWith('$argon2');

let decoy: Promise<string> | undefined;

/**
 * Whether `password` is the one behind `passwordHash`, which may be one of WHMCS. Null (no such user, or one nobody can
 * log in as) and what is no hash are wrong after as much work as a wrong password.
 */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  if (passwordHash && isCurrentHash(passwordHash)) return verify(passwordHash, password.normalize('NFC'));
  const kind = passwordHash ? legacyKind(passwordHash) : undefined;
  const isRight = passwordHash && kind ? await verifyLegacyPassword(passwordHash, password) : false;
  if (!isRight && kind !== 'bcrypt') {
    decoy ??= hashPassword(randomBytes(16).toString('hex'));
    await verify(await decoy, password);
  }
  return isRight;
}
