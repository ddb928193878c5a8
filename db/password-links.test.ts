import { afterAll, beforeAll, expect, it } from 'vitest';
import { User } from './models/user.ts';
import { createPasswordLinks, spendPasswordLink } from './password-links.ts';
import { buildUser } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(async () => test.drop());

const publicUrl = 'https://cloud.example.net';
const tokenOf = (made: { link: string } | undefined): string => made?.link.split('#')[1] ?? '';
const linksOf = async (user: User, days?: number) =>
  createPasswordLinks(test.database, [user.id], { publicUrl, ...(days === undefined ? {} : { days }) });
const spend = async (token: string) =>
  test.database.transaction(async (trx) => (await spendPasswordLink(trx, token))?.id);

it('makes thousands of links at once, each of its own user, in the order asked for', async () => {
  const rows = Array.from({ length: 5000 }, (_, index) => ({ email: `user-${index}@example.test` }));
  await test.database.batchInsert('users', rows, 1000);
  const users = await User.query(test.database).orderBy('email', 'desc');
  const ids = users.map(({ id }) => id);
  const links = await createPasswordLinks(test.database, ids, { publicUrl: 'https://cloud.example.net/' });
  expect(links.map(({ email }) => email)).toEqual(users.map(({ email }) => email));
  expect(new Set(links.map(({ link }) => link)).size).toBe(5000);
  for (const { link } of links)
    expect(link).toMatch(/^https:\/\/cloud\.example\.net\/app\/set-password#[\w-]{43}$/);
  expect(await spend(tokenOf(links[1234]))).toBe(ids[1234]);
});

it('keeps no token, and lets a link live for two weeks', async () => {
  const user = await buildUser(test.database);
  const [made] = await linksOf(user);
  const [kept] = await test.database('password_links').where({ userId: user.id });
  expect(JSON.stringify(kept)).not.toContain(tokenOf(made));
  expect(Math.round((kept.expiresAt - kept.createdAt) / 86_400_000)).toBe(14);
});

it('makes one link of an id given twice, and none for a user who is disabled or gone', async () => {
  const user = await buildUser(test.database);
  const disabled = await buildUser(test.database, { disabledAt: new Date() });
  const gone = await buildUser(test.database);
  await gone.$query(test.database).delete();
  const ids = [user.id, disabled.id, gone.id, user.id];
  const links = await createPasswordLinks(test.database, ids, { publicUrl });
  expect(links.map(({ email }) => email)).toEqual([user.email]);
  expect(await createPasswordLinks(test.database, [], { publicUrl })).toEqual([]);
});

it('is of use once, and no other link of its user afterwards', async () => {
  const user = await buildUser(test.database);
  const [first, second] = [...(await linksOf(user)), ...(await linksOf(user))];
  const [foreign] = await linksOf(await buildUser(test.database));
  expect(await spend(tokenOf(first))).toBe(user.id);
  expect(await spend(tokenOf(first))).toBeUndefined();
  expect(await spend(tokenOf(second))).toBeUndefined();
  expect(await spend(tokenOf((await linksOf(user))[0]))).toBe(user.id);
  expect(await spend(tokenOf(foreign))).toBeDefined();
});

it('is of no use when it is expired, unknown or of a disabled user, and takes no other link with it', async () => {
  const user = await buildUser(test.database);
  const [expired, alive] = [...(await linksOf(user, -1)), ...(await linksOf(user))];
  expect(await spend(tokenOf(expired))).toBeUndefined();
  expect(await spend('')).toBeUndefined();
  expect(await spend(`${tokenOf(alive)}x`)).toBeUndefined();
  await user.$query(test.database).patch({ disabledAt: new Date() });
  expect(await spend(tokenOf(alive))).toBeUndefined();
  await user.$query(test.database).patch({ disabledAt: null });
  expect(await spend(tokenOf(alive))).toBe(user.id);
});

it('lets one of several requests through that come at once', async () => {
  const user = await buildUser(test.database);
  const [first, second] = [...(await linksOf(user)), ...(await linksOf(user))];
  const tokens = [first, second, first, second].map(tokenOf);
  const answers = await Promise.all(tokens.map(spend));
  expect(answers.filter(Boolean)).toEqual([user.id]);
});
