import { hash, verify, type Options } from '@node-rs/argon2';

/** OWASP's second argon2id profile: 19 MiB, 2 passes, 1 lane; argon2id is the library's default algorithm. */
const OPTIONS: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes a password with argon2id; the answer (a PHC string) carries salt and parameters. */
export async function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFC'), OPTIONS);
}

/** Whether `password` is the one behind `passwordHash`; false, not an error, for a hash that is no argon2 hash. */
export async function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  if (!passwordHash.startsWith('$argon2')) return false;
  return verify(passwordHash, password.normalize('NFC'));
}
