import { createHash, createHmac } from 'node:crypto';
import type { World } from './world.ts';

export type PasswordKind = 'bcrypt' | 'hmac-sha256' | 'salted-md5' | 'md5' | 'encrypted' | 'none';

export interface StoredPassword {
  kind: PasswordKind;
  /** What tblusers.password holds. */
  stored: string;
  /** What the person types; null when nothing typed can be right. */
  plain: string | null;
  /** The text was HTML-encoded before it was hashed. */
  encoded: boolean;
}

/** Made once with crypt(3), as a good bcrypt takes too long to make one per user. */
const BCRYPT: [plain: string, stored: string, encoded?: true][] = [
  ['Sommer2019!', '$2y$10$Berth00testbedSalt123e6vn.4nrXVWl0694yFHQ63X3pdVB1uU6'],
  ['correct horse battery', '$2y$10$Berth01testbedSalt123enlx.DMw2lb0Fox1SipcPWQK.KoBpORe'],
  [`p&ss<word>"1'`, '$2y$10$Berth02testbedSalt123e8u4hxHnDTEFsqX1L9fEbSg4.rZQ2f7K'],
  [`p&ss<word>"1'`, '$2y$10$Berth03testbedSalt123esdYiWlxcERGvQOAAnYMwluc5u.F.mxO', true],
  ['123456', '$2y$10$Berth04testbedSalt123eK6smU1HcNIROb7.L/mQkPoKlJtisgBq'],
  ['\u00fcmlaut-Pass', '$2y$10$Berth05testbedSalt123eZMq0tVoTOKBGy.SE6as3DLGnv8crs9e'],
  ['a'.repeat(72), '$2y$10$Berth06testbedSalt123e0ojUnCrNgpynwXtVj5pTeXgXA14WgFm'],
  ['Winter 2024', '$2y$10$Berth07testbedSalt123ekd.DpIERXT9AuHN56wOpca.fH1UVwqi'],
];

/** A user's password, mostly bcrypt, and the older forms of accounts that have not logged in for years. */
export function passwordOf(world: World, user: number): StoredPassword {
  const { random } = world;
  const draw = random.fraction('password kind', user);
  if (draw < 0.7) {
    const [plain, stored, encoded = false] = random.pick('bcrypt', user, BCRYPT);
    return { kind: 'bcrypt', stored, plain, encoded };
  }
  const special = random.chance('special password', user, 0.2);
  const plain = `${special ? `R&D "${user}" <3` : `Pass-${user}-`}${random.hex('plain', user, 6)}`;
  const encoded = special && random.chance('encoded password', user, 0.5);
  const hashed = encoded ? encodeEntities(plain) : plain;
  if (draw < 0.8) {
    const key = random.hex('hmac key', user, 40);
    const digest = createHmac('sha256', key).update(hashed).digest('hex');
    return { kind: 'hmac-sha256', stored: `${digest}:${key}`, plain, encoded };
  }
  if (draw < 0.9) {
    const salt = random.hex('salt', user, 5);
    return { kind: 'salted-md5', stored: `${md5(salt + hashed)}:${salt}`, plain, encoded };
  }
  if (draw < 0.95) return { kind: 'md5', stored: md5(hashed), plain, encoded };
  if (draw < 0.97) {
    return {
      kind: 'encrypted',
      stored: opaqueSecret(world, 'old password', user),
      plain: null,
      encoded: false,
    };
  }
  return { kind: 'none', stored: '', plain: null, encoded: false };
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** As PHP's htmlspecialchars with ENT_QUOTES. */
export function encodeEntities(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#039;');
}

/** Looks like a value WHMCS encrypted: base64 of 30 bytes. */
export function opaqueSecret(world: World, question: string, index: number): string {
  return Buffer.from(world.random.hex(question, index, 60), 'hex').toString('base64');
}
