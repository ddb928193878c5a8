import { afterAll, beforeAll, expect, it } from 'vitest';
import { createUser } from './create-user.ts';
import { verifyPassword } from './passwords.ts';
import { Account } from './models/account.ts';
import { User } from './models/user.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(async () => test.drop());

it('gives a customer an account of their own with its quota', async () => {
  const { user } = await createUser(test.database, {
    email: ' ada@example.test ',
    name: 'Ada',
    role: 'customer',
    maxServers: 3,
  });
  const stored = await User.query(test.database).findById(user.id).withGraphFetched('accounts');
  expect(stored).toMatchObject({ email: 'ada@example.test', name: 'Ada', role: 'customer' });
  expect(stored?.accounts).toMatchObject([{ name: 'Ada', maxServers: 3, membershipRole: 'owner' }]);
});

it('gives an admin no account', async () => {
  const before = await Account.query(test.database).resultSize();
  const { user } = await createUser(test.database, { email: 'root@example.test', role: 'admin' });
  expect(user.role).toBe('admin');
  expect(await Account.query(test.database).resultSize()).toBe(before);
});

it('keeps the password it was given as a hash, and makes a good one when it was given none', async () => {
  const given = await createUser(test.database, {
    email: 'given@example.test',
    role: 'admin',
    password: 'correct horse battery',
  });
  expect(given.password).toBe('correct horse battery');
  expect(await verifyPassword(given.user.passwordHash, 'correct horse battery')).toBe(true);
  const made = [
    await createUser(test.database, { email: 'one@example.test', role: 'admin' }),
    await createUser(test.database, { email: 'two@example.test', role: 'admin' }),
  ];
  const passwords = made.map(({ password }) => password);
  expect(new Set(passwords).size).toBe(2);
  for (const { user, password } of made) {
    expect(password).toMatch(/^[\w-]{16}$/);
    expect(await verifyPassword(user.passwordHash, password)).toBe(true);
  }
});

it('refuses an address that is taken, whatever its case, and leaves no account behind', async () => {
  await createUser(test.database, { email: 'taken@example.test', role: 'customer' });
  const before = await Account.query(test.database).resultSize();
  await expect(createUser(test.database, { email: 'Taken@Example.TEST', role: 'customer' })).rejects.toThrow(
    'There is already a user with the e-mail address Taken@Example.TEST.',
  );
  expect(await Account.query(test.database).resultSize()).toBe(before);
});

it('makes one user of two requests at once', async () => {
  const twice = await Promise.allSettled(
    [1, 2].map(async () => createUser(test.database, { email: 'race@example.test', role: 'customer' })),
  );
  expect(twice.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await User.query(test.database).where({ email: 'race@example.test' }).resultSize()).toBe(1);
  expect(await Account.query(test.database).where({ name: 'race@example.test' }).resultSize()).toBe(1);
});

it('says in words what is not an e-mail address', async () => {
  await expect(createUser(test.database, { email: 'nobody', role: 'admin' })).rejects.toThrow(
    /^nobody is not an e-mail address$/,
  );
});
