import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { compare } from 'bcryptjs';

export type LegacyKind = 'bcrypt' | 'hmac-sha256' | 'salted-md5' | 'md5';

/**
 * What WHMCS made a hash with, by its form: bcrypt since 6.3, HMAC-SHA256 or md5(salt . password) with its key or salt
 * after a colon, bare md5. Undefined for what nobody can log in with; also for bcrypt of a cost that would take seconds.
 */
export function legacyKind(hash: string): LegacyKind | undefined {
  if (/^\$2[aby]\$(0[4-9]|1[0-4])\$[./\dA-Za-z]{53}$/.test(hash)) return 'bcrypt';
  if (/^[\da-f]{64}:.+$/i.test(hash)) return 'hmac-sha256';
  if (/^[\da-f]{32}:.+$/i.test(hash)) return 'salted-md5';
  return /^[\da-f]{32}$/i.test(hash) ? 'md5' : undefined;
}

/** Whether `password` is the one behind a hash of WHMCS, which may have encoded what was typed before it hashed it. */
export async function verifyLegacyPassword(hash: string, password: string): Promise<boolean> {
  if (await matches(hash, password)) return true;
  const encoded = encodeEntities(password);
  return encoded !== password && matches(hash, encoded);
}

async function matches(hash: string, text: string): Promise<boolean> {
  const [digest = ''] = hash.split(':', 1);
  const salt = hash.slice(digest.length + 1);
  switch (legacyKind(hash)) {
    case 'bcrypt':
      return compare(text, hash);
    case 'hmac-sha256':
      return isSame(digest, createHmac('sha256', salt).update(text).digest());
    case 'salted-md5':
      return isSame(digest, createHash('md5').update(salt).update(text).digest());
    case 'md5':
      return isSame(digest, createHash('md5').update(text).digest());
    case undefined:
      return false;
  }
}

const isSame = (hex: string, digest: Buffer): boolean => timingSafeEqual(Buffer.from(hex, 'hex'), digest);

/** As PHP's htmlspecialchars with ENT_QUOTES. */
function encodeEntities(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#039;');
}
