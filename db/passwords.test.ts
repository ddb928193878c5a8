import { expect, it } from 'vitest';
import { hashPassword, verifyPassword } from './passwords.ts';

it('keeps a password as argon2id with the parameters OWASP names, and knows it again', async () => {
  const hash = await hashPassword('pässword');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await verifyPassword(hash, 'pässword')).toBe(true);
  expect(await verifyPassword(hash, 'pa\u0308ssword')).toBe(true);
  expect(await verifyPassword(hash, 'password')).toBe(false);
  expect(await hashPassword('pässword')).not.toBe(hash);
});

it('says no, not an error, for a hash of another kind', async () => {
  expect(await verifyPassword('$2y$10$abcdefghijklmnopqrstuv', 'x')).toBe(false);
});
