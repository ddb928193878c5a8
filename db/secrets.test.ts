import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createSecretBox } from './secrets.ts';

/** Node's words for a wrong tag, and for one of a wrong length. */
const REFUSED = /unable to authenticate data|Invalid authentication tag length/;

const box = createSecretBox(randomBytes(32));

it('opens what it sealed', () => {
  for (const text of ['', 'hunter2', 'pässwörd 🔑\n', 'x'.repeat(100_000)]) {
    expect(box.open(box.seal(text, 'token'), 'token')).toBe(text);
  }
});

it('never seals the same text to the same bytes, nor shows any of it', () => {
  const [one, two] = [box.seal('hunter2', 'token'), box.seal('hunter2', 'token')];
  expect(one.nonce).not.toEqual(two.nonce);
  expect(one.ciphertext).not.toEqual(two.ciphertext);
  expect(one.ciphertext.includes('hunter2')).toBe(false);
});

it('refuses a secret in which any byte has been changed', () => {
  const sealed = box.seal('hunter2', 'token');
  const parts = [sealed.nonce, sealed.ciphertext];
  for (const part of parts) {
    for (const index of part.keys()) {
      part[index]! ^= 1; // the index is the buffer's own
      expect(() => box.open(sealed, 'token')).toThrow(REFUSED);
      part[index]! ^= 1;
    }
  }
  expect(() => box.open({ ...sealed, ciphertext: sealed.ciphertext.subarray(0, -1) }, 'token')).toThrow(
    REFUSED,
  );
  expect(() => box.open({ ...sealed, ciphertext: Buffer.alloc(0) }, 'token')).toThrow(REFUSED);
  expect(box.open(sealed, 'token')).toBe('hunter2');
});

it('refuses a secret whose tag has been cut short', () => {
  const sealed = box.seal('', 'token');
  expect(() => box.open({ ...sealed, ciphertext: sealed.ciphertext.subarray(0, 4) }, 'token')).toThrow(
    REFUSED,
  );
});

it('refuses a secret that was sealed for another purpose', () => {
  const sealed = box.seal('hunter2', 'server-password');
  expect(() => box.open(sealed, 'cluster-token')).toThrow(REFUSED);
});

it('names both keys, by their ids only, when the secret was sealed with another one', () => {
  const otherKey = randomBytes(32);
  const other = createSecretBox(otherKey);
  const sealed = other.seal('hunter2', 'token');
  const mine = box.seal('', 'token').keyId;
  expect(() => box.open(sealed, 'token')).toThrow(
    `the secret was sealed with key ${sealed.keyId}, not ${mine}`,
  );
  expect(otherKey.toString('hex')).not.toContain(sealed.keyId);
  // A forged key id does not help.
  expect(() => box.open({ ...sealed, keyId: mine }, 'token')).toThrow(REFUSED);
});

it('takes a key of 32 bytes and no other', () => {
  expect(() => createSecretBox(randomBytes(31))).toThrow('32 bytes');
  expect(() => createSecretBox(randomBytes(33))).toThrow('32 bytes');
});
