import { createHash } from 'node:crypto';

export interface ParsedSshKey {
  /** Type and key, without the comment. */
  publicKey: string;
  /** As `ssh-keygen -l` prints it: SHA256:… */
  fingerprint: string;
  /** The comment, or the key's type when it has none. */
  name: string;
}

/** Reads one public key in OpenSSH form; null when its inside does not match its type (a cut or mistyped key). */
export function parseSshKey(text: string): ParsedSshKey | null {
  const [type = '', encoded = '', ...comment] = text.trim().split(/\s+/);
  const blob = Buffer.from(encoded, 'base64');
  if (blob.length < 4) return null;
  const typeLength = blob.readUInt32BE(0);
  if (blob.subarray(4, 4 + typeLength).toString('latin1') !== type || !isWholeBlob(blob)) return null;
  const fingerprint = `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
  return { publicKey: `${type} ${encoded}`, fingerprint, name: comment.join(' ').slice(0, 200) || type };
}

/** A key blob is a row of length-prefixed strings (RFC 4253 §6.6) that ends exactly where the blob ends. */
function isWholeBlob(blob: Buffer): boolean {
  let offset = 0;
  while (offset + 4 <= blob.length) offset += 4 + blob.readUInt32BE(offset);
  return offset === blob.length;
}
