import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

export interface SealedSecret {
  keyId: string;
  nonce: Buffer;
  ciphertext: Buffer;
}

export interface SecretBox {
  seal(plaintext: string, purpose: string): SealedSecret;
  /** Throws when the secret was sealed with another key or for another purpose, or has been altered. */
  open(sealed: SealedSecret, purpose: string): string;
  /** A secret of 32 bytes in base64url that nobody can tell without the key; always the same for one purpose. */
  derive(purpose: string): string;
}

/** Seals secrets with AES-256-GCM; `key` is 32 bytes. The key's id (a hash prefix) is kept beside each secret. */
export function createSecretBox(key: Buffer): SecretBox {
  if (key.length !== 32) throw new Error('the secrets key must be 32 bytes');
  const keyId = createHash('sha256').update(key).digest('hex').slice(0, 12);
  return {
    seal(plaintext, purpose) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose));
      const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
      return { keyId, nonce, ciphertext: Buffer.concat([body, cipher.getAuthTag()]) };
    },
    open({ keyId: sealedWith, nonce, ciphertext }, purpose) {
      if (sealedWith !== keyId) throw new Error(`the secret was sealed with key ${sealedWith}, not ${keyId}`);
      // Without the length Node would accept a tag cut to 4 bytes.
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
      decipher.setAAD(Buffer.from(purpose));
      decipher.setAuthTag(ciphertext.subarray(-16));
      return Buffer.concat([decipher.update(ciphertext.subarray(0, -16)), decipher.final()]).toString('utf8');
    },
    derive: (purpose) => Buffer.from(hkdfSync('sha256', key, '', purpose, 32)).toString('base64url'),
  };
}
