import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashPassword, isCurrentHash, verifyPassword } from './passwords.ts';
import { passwordOf } from '../testbed/whmcs/passwords.ts';
import { createWorld } from '../testbed/whmcs/world.ts';

it('keeps a password as argon2id with the parameters OWASP names, and knows it again', async () => {
  const hash = await hashPassword('pässword');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(isCurrentHash(hash)).toBe(true);
  expect(await verifyPassword(hash, 'pässword')).toBe(true);
  expect(await verifyPassword(hash, 'pa\u0308ssword')).toBe(true);
  expect(await verifyPassword(hash, 'password')).toBe(false);
  expect(await hashPassword('pässword')).not.toBe(hash);
});

describe('a hash of WHMCS', () => {
  const world = createWorld({ seed: 'passwords', size: 100 });
  const samples = new Map(
    Array.from({ length: 2000 }, (_, user) => passwordOf(world, user)).map((sample) => [
      // Each bcrypt sample there is, and one of each other kind.
      sample.kind === 'bcrypt' ? sample.stored : `${sample.kind} ${sample.encoded}`,
      sample,
    ]),
  );

  it.each(
    [...samples.values()].map((sample) => [sample.kind, sample.plain, sample.encoded, sample] as const),
  )(
    'of the kind %s lets in who types %j (encoded before: %s), and nobody else',
    async (_kind, _plain, _encoded, { stored, plain }) => {
      expect(isCurrentHash(stored)).toBe(false);
      if (plain !== null) expect(await verifyPassword(stored, plain)).toBe(true);
      for (const wrong of ['', stored, `x${plain}`, plain?.slice(0, -1) ?? 'x', '<&>']) {
        expect([wrong, await verifyPassword(stored, wrong)]).toEqual([wrong, false]);
      }
    },
  );

  it('is there in all four kinds, plain and encoded', () => {
    const kinds = [...samples.values()].map(({ kind, encoded }) => `${kind}${encoded ? ' encoded' : ''}`);
    expect([...new Set(kinds)].toSorted()).toEqual([
      'bcrypt',
      'bcrypt encoded',
      'encrypted',
      'hmac-sha256',
      'hmac-sha256 encoded',
      'md5',
      'md5 encoded',
      'none',
      'salted-md5',
      'salted-md5 encoded',
    ]);
  });

  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  it.each([
    ['its digest in capitals', md5('secret').toUpperCase(), 'secret'],
    ['a colon in its key', `${createHmac('sha256', 'a:b').update('secret').digest('hex')}:a:b`, 'secret'],
    ['a colon in its salt', `${md5('a:bsecret')}:a:b`, 'secret'],
    ['bytes beyond ASCII, as typed', md5('pa\u0308ss'), 'pa\u0308ss'],
    ['an entity that was typed', md5('&amp;amp;'), '&amp;'],
    ['the form $2a$', '$2a$10$Berth00testbedSalt123e6vn.4nrXVWl0694yFHQ63X3pdVB1uU6', 'Sommer2019!'],
    ['the form $2b$', '$2b$10$Berth00testbedSalt123e6vn.4nrXVWl0694yFHQ63X3pdVB1uU6', 'Sommer2019!'],
  ])('may have %s', async (_what, stored, typed) => {
    expect(await verifyPassword(stored, typed)).toBe(true);
  });
});

it.each([
  ['no hash', null],
  ['an empty one', ''],
  ['a shortened one', '$2y$10$abcdefghijklmnopqrstuv'],
  ['one that would take days', '$2y$31$Berth00testbedSalt123e6vn.4nrXVWl0694yFHQ63X3pdVB1uU6'],
  ['another text', 'x'],
  ['the text as it is', 'secret'],
])('says no, not an error, to %s', async (_what, hash) => {
  for (const password of ['secret', '', 'x']) expect(await verifyPassword(hash, password)).toBe(false);
});
