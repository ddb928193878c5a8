const TYPE = 'ssh-ed25519';
const SEED_BYTES = 32;

export interface SshKeyPair {
  /** One line in OpenSSH form. */
  publicKey: string;
  /** A file for `ssh -i`, without a passphrase. */
  privateKey: string;
}

/** False where the page came over plain HTTP, or the browser has no Ed25519. */
export const canGenerateSshKey = (): boolean => globalThis.crypto?.subtle !== undefined;

/**
 * Makes an Ed25519 key; the private part never leaves the browser. Rejects where WebCrypto has no Ed25519. The file's
 * format is that of OpenSSH (PROTOCOL.key).
 */
export async function generateSshKey(comment: string): Promise<SshKeyPair> {
  const { subtle } = globalThis.crypto;
  const pair = (await subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair; // as Ed25519 gives
  const publicBytes = new Uint8Array(await subtle.exportKey('raw', pair.publicKey));
  // PKCS #8 of an Ed25519 key ends with its 32 bytes (RFC 8410).
  const seed = new Uint8Array(await subtle.exportKey('pkcs8', pair.privateKey)).slice(-SEED_BYTES);
  const blob = join(text(TYPE), string(publicBytes));
  const check = globalThis.crypto.getRandomValues(new Uint8Array(4));
  const secret = join(check, check, blob, string(join(seed, publicBytes)), text(comment));
  const padding = Uint8Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1);
  const file = join(
    new TextEncoder().encode('openssh-key-v1\0'),
    text('none'),
    text('none'),
    text(''),
    uint32(1),
    string(blob),
    string(join(secret, padding)),
  );
  const lines = base64(file).match(/.{1,70}/g) ?? [];
  return {
    publicKey: `${TYPE} ${base64(blob)} ${comment}`,
    privateKey: [
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      ...lines,
      '-----END OPENSSH PRIVATE KEY-----',
      '',
    ].join('\n'),
  };
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

const string = (bytes: Uint8Array): Uint8Array => join(uint32(bytes.length), bytes);
const text = (value: string): Uint8Array => string(new TextEncoder().encode(value));
const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

function join(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
