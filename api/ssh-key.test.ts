import { expect, it } from 'vitest';
import { parseSshKey } from './ssh-key.ts';

const BLOB = 'AAAAC3NzaC1lZDI1NTE5AAAAIG//rrbBtRk4ReQVNPjK7f0sD8CWHV4Vd+QLJISlDRCa';

it('reads type, fingerprint and comment', () => {
  expect(parseSshKey(`  ssh-ed25519 ${BLOB} ada@laptop (old)\n`)).toEqual({
    publicKey: `ssh-ed25519 ${BLOB}`,
    fingerprint: 'SHA256:wPbsKSanE+QUqfsaBw/C1tDQkDgQ1avt8ULiDasCy24',
    name: 'ada@laptop (old)',
  });
  expect(parseSshKey(`ssh-ed25519 ${BLOB}`)?.name).toBe('ssh-ed25519');
});

it.each([
  ['of another type than it says', `ssh-rsa ${BLOB}`],
  ['that was cut', `ssh-ed25519 ${BLOB.slice(0, -8)}`],
  ['that is empty', 'ssh-ed25519 AAAA'],
])('refuses a key %s', (_, text) => {
  expect(parseSshKey(text)).toBeNull();
});
