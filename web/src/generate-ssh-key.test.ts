import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { parseSshKey } from '../../api/ssh-key.ts';
import { generateSshKey } from './generate-ssh-key.ts';

vi.stubGlobal('crypto', webcrypto);

/** What stands before the 32 bytes of a key (RFC 8410). */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The strings in a file of OpenSSH, each with its length before it. */
function* strings(bytes: Buffer): Generator<Buffer, undefined, undefined> {
  for (let at = 0; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    yield bytes.subarray(at + 4, end);
    at = end;
  }
}

test('the public key is one the API takes, under the given name', async () => {
  const { publicKey } = await generateSshKey('web-1');
  expect(parseSshKey(publicKey)).toMatchObject({ name: 'web-1' });
});

/** What comes before the keys: the format's name, no cipher, no derivation with no options, and their number. */
const HEADER_BYTES = 'openssh-key-v1\0'.length + 8 + 8 + 4 + 4;

test('the private key in the file belongs to the public one', async () => {
  const { publicKey, privateKey } = await generateSshKey('web-1');
  const file = Buffer.from(privateKey.replaceAll(/-----.*-----|\n/g, ''), 'base64');
  const [blob, secret = Buffer.of()] = strings(file.subarray(HEADER_BYTES));
  expect(blob?.toString('base64')).toBe(publicKey.split(' ')[1]);
  expect(secret.length % 8).toBe(0);
  expect(secret.subarray(0, 4)).toEqual(secret.subarray(4, 8));
  const [, , pair = Buffer.of(), comment] = strings(secret.subarray(8));
  expect(comment?.toString()).toBe('web-1');
  const key = Buffer.concat([PKCS8_ED25519, pair.subarray(0, 32)]);
  const { x } = createPublicKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' })).export({
    format: 'jwk',
  });
  expect(x).toBe(pair.subarray(32).toString('base64url'));
});
