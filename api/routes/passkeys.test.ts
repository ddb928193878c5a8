import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import type { User } from '../../db/models/user.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { createAuthenticator } from '../../tests/authenticator.ts';
import { buildUser, PASSWORD } from '../../tests/builders.ts';
import { prune } from '../prune.ts';

const ORIGIN = 'https://cloud.example.test';
const HERE = { origin: ORIGIN };

type Authenticator = ReturnType<typeof createAuthenticator>;
type Shown = ReturnType<Authenticator['show']>;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({
    publicUrl: ORIGIN,
    loginLimits: { perAddress: 1000, perAccount: 5, refusalMs: 0 },
  });
});
afterAll(async () => api.close());

let user: User;
let token: string;
let key: Authenticator;
beforeEach(async () => {
  user = await buildUser(api.database);
  token = await api.logIn(user);
  key = createAuthenticator();
});

const post = async (path: string, body: object, as = token) =>
  api.call('POST', `/users/me/passkeys${path}`, { token: as, body });
const list = async () => (await api.call('GET', '/users/me/passkeys', { token })).body.items;
const creation = async () => (await post('/options', { password: PASSWORD })).body;
const request = async () => (await api.call('POST', '/login/passkey/options')).body;
const logInWith = async (credential: Shown, more: object = {}) =>
  api.call('POST', '/login/passkey', { body: { credential, ...more } });
const logIn = async (given: Partial<Parameters<Authenticator['show']>[1]> = {}) =>
  logInWith(key.show(await request(), { ...HERE, ...given }));
const register = async (counter = 0): Promise<string> => {
  const credential = key.make(await creation(), { ...HERE, counter });
  const { status, body } = await post('', { name: 'My key', credential });
  expect(status).toBe(201);
  return body.id;
};
const deeds = async () =>
  (await AuditEntry.query(api.database).where({ userId: user.id }).orderBy('id')).map(
    ({ action, details }) => [action, details],
  );
const REFUSED = [401, 'invalid_passkey'];
const outcome = ({ status, body }: Awaited<ReturnType<typeof logIn>>) => [status, body.code];

describe('adding a passkey', () => {
  it('takes the password, and lists it by its name', async () => {
    const wrong = await post('/options', { password: 'not mine at all' });
    expect([wrong.status, wrong.body.issues[0].field]).toEqual([422, 'password']);
    await register();
    const [passkey] = await list();
    expect(passkey).toMatchObject({ name: 'My key', isSynced: false, lastUsedAt: null });
    expect(Object.keys(passkey).toSorted()).toEqual(['createdAt', 'id', 'isSynced', 'lastUsedAt', 'name']);
    expect(await deeds()).toContainEqual(['passkey.add', { name: 'My key' }]);
  });

  it('asks for one that finds its user and knows them, and is not there yet', async () => {
    await register();
    const options = await creation();
    expect(options).toMatchObject({
      rp: { id: 'cloud.example.test' },
      user: { name: user.email },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: [{ id: key.id }],
    });
  });

  it.each([
    ['made on another site', { origin: 'https://evil.example.test' }],
    ['whose user it does not know', { ...HERE, isVerified: false }],
  ])('refuses one %s', async (_, given) => {
    const answer = await post('', { name: 'x', credential: key.make(await creation(), given) });
    expect([answer.status, answer.body.issues[0].field]).toEqual([422, 'credential']);
    expect(await list()).toEqual([]);
  });

  it('takes each challenge once', async () => {
    const options = await creation();
    expect((await post('', { name: 'x', credential: key.make(options, HERE) })).status).toBe(201);
    const again = createAuthenticator().make(options, HERE);
    expect((await post('', { name: 'x', credential: again })).status).toBe(422);
  });

  it('takes no challenge of a login, of somebody else, or that is too old', async () => {
    const { user: handle, challenge } = await creation();
    const theirs = await api.logIn(await buildUser(api.database));
    const add = async (options: { challenge: string }, as = token) =>
      (await post('', { name: 'x', credential: key.make({ ...options, user: handle }, HERE) }, as)).status;
    expect(await add(await request())).toBe(422);
    expect(await add({ challenge }, theirs)).toBe(422);
    await api.database('passkey_challenges').update({ expiresAt: new Date() });
    expect(await add({ challenge })).toBe(422);
  });

  it('is a conflict when somebody else has it', async () => {
    await register();
    const theirs = await api.logIn(await buildUser(api.database));
    const options = (await post('/options', { password: PASSWORD }, theirs)).body;
    const { status, body } = await post('', { name: 'x', credential: key.make(options, HERE) }, theirs);
    expect([status, body.code]).toEqual([409, 'conflict']);
  });

  it('ends at twenty', async () => {
    await api.database('passkeys').insert(
      Array.from({ length: 20 }, (_, index) => ({
        userId: user.id,
        credentialId: `${user.id}-${index}`,
        publicKey: Buffer.from('x'),
        counter: 0,
        name: 'x',
        isSynced: false,
      })),
    );
    const { body } = await post('', { name: 'x', credential: key.make(await creation(), HERE) });
    expect(body.code).toBe('quota_exceeded');
  });
});

describe('logging in', () => {
  it('takes the passkey alone', async () => {
    await register();
    const { status, body, headers } = await logIn();
    expect([status, body.user.id]).toEqual([200, user.id]);
    expect(headers.get('Set-Cookie')).toContain('berth_refresh=');
    expect((await list())[0].lastUsedAt).not.toBeNull();
    expect((await deeds()).at(-1)).toEqual(['session.open', { passkey: 'My key' }]);
  });

  it('asks for no code, as the passkey knows its user', async () => {
    await register();
    const { body } = await api.call('POST', '/users/me/two-factor', { token, body: { password: PASSWORD } });
    expect(body.secret).toBeDefined();
    await api.database('two_factors').where({ userId: user.id }).update({ confirmedAt: new Date() });
    expect((await logIn()).status).toBe(200);
  });

  it.each([
    ['from another site', { origin: 'https://evil.example.test' }],
    ['from another port of this site', { origin: `${ORIGIN}:8443` }],
    ['that does not know its user', { isVerified: false }],
  ])('refuses an answer %s', async (_, given) => {
    await register();
    expect(outcome(await logIn(given))).toEqual(REFUSED);
    expect((await deeds()).at(-1)).toEqual(['session.refuse_passkey', { name: 'My key' }]);
  });

  it('takes each answer once', async () => {
    await register();
    const shown = key.show(await request(), HERE);
    expect((await logInWith(shown)).status).toBe(200);
    expect(outcome(await logInWith(shown))).toEqual(REFUSED);
  });

  it('takes no challenge of a registration, none it never made and none that is too old', async () => {
    await register();
    expect(outcome(await logInWith(key.show(await creation(), HERE)))).toEqual(REFUSED);
    expect(outcome(await logInWith(key.show({ challenge: 'bWFkZSB1cA' }, HERE)))).toEqual(REFUSED);
    const late = key.show(await request(), HERE);
    await api.database('passkey_challenges').update({ expiresAt: new Date() });
    expect(outcome(await logInWith(late))).toEqual(REFUSED);
  });

  it('refuses a counter that goes backwards, as that of a copy does', async () => {
    await register(7);
    expect((await logIn({ counter: 8 })).status).toBe(200);
    expect(outcome(await logIn({ counter: 8 }))).toEqual(REFUSED);
    expect((await logIn({ counter: 9 })).status).toBe(200);
  });

  it("refuses another person's passkey under the name of one's own", async () => {
    await register();
    const mine = createAuthenticator();
    const attacker = await buildUser(api.database);
    const as = await api.logIn(attacker);
    const options = (await post('/options', { password: PASSWORD }, as)).body;
    await post('', { name: 'x', credential: mine.make(options, HERE) }, as);
    const shown = mine.show(await request(), HERE);
    expect(outcome(await logInWith({ ...shown, id: key.id, rawId: key.id }))).toEqual(REFUSED);
    const { userHandle } = key.show(await request(), HERE).response;
    const posing = mine.show(await request(), HERE);
    expect(outcome(await logInWith({ ...posing, response: { ...posing.response, userHandle } }))).toEqual(
      REFUSED,
    );
  });

  it('refuses a disabled user', async () => {
    await register();
    await api.database('users').where({ id: user.id }).update({ disabledAt: new Date() });
    expect(outcome(await logIn())).toEqual(REFUSED);
  });

  it('refuses a passkey nobody has, and what is no answer at all', async () => {
    key.make({ challenge: 'x', user: { id: 'bm9ib2R5' } }, HERE);
    expect(outcome(await logIn())).toEqual(REFUSED);
    await register();
    const shown = key.show(await request(), HERE);
    const garbled = { ...shown, response: { ...shown.response, clientDataJSON: 'bm90IEpTT04' } };
    expect(outcome(await logInWith(garbled))).toEqual(REFUSED);
  });

  it('lets only the wanted user in, where one is named', async () => {
    await register();
    const shown = key.show(await request(), HERE);
    expect(outcome(await logInWith(shown, { email: 'somebody@example.test' }))).toEqual(REFUSED);
    const again = key.show(await request(), HERE);
    expect((await logInWith(again, { email: user.email.toUpperCase() })).status).toBe(200);
  });

  it("is refused to another site's page", async () => {
    const headers = { 'Sec-Fetch-Site': 'cross-site' };
    expect((await api.call('POST', '/login/passkey/options', { headers })).status).toBe(403);
    await register();
    const body = { credential: key.show(await request(), HERE) };
    expect((await api.call('POST', '/login/passkey', { headers, body })).status).toBe(403);
  });
});

describe('renaming a passkey', () => {
  const rename = async (id: string, name: string, as = token) =>
    api.call('PATCH', `/users/me/passkeys/${id}`, { token: as, body: { name } });

  it('gives it another name, once in the audit log', async () => {
    const id = await register();
    for (let time = 0; time < 2; time += 1)
      expect((await rename(id, ' Old phone ')).body).toMatchObject({ id, name: 'Old phone' });
    expect((await list())[0].name).toBe('Old phone');
    const renames = (await deeds()).filter(([action]) => action === 'passkey.rename');
    expect(renames).toEqual([['passkey.rename', { name: 'Old phone', formerName: 'My key' }]]);
  });

  it('refuses no name, and the passkey of somebody else', async () => {
    const id = await register();
    expect((await rename(id, ' ')).body.issues).toMatchObject([{ field: 'name' }]);
    const other = await api.logIn(await buildUser(api.database));
    expect((await rename(id, 'Mine now', other)).status).toBe(404);
  });
});

it('is taken away by an administrator from who has lost the device, whose sessions end', async () => {
  await register();
  const admin = await buildUser(api.database, { role: 'admin' });
  const adminToken = await api.logIn(admin);
  const path = `/admin/users/${user.id}/passkeys`;
  const found = await api.call('GET', `/admin/users?search=${user.email}`, { token: adminToken });
  expect(found.body.items[0]).toMatchObject({ passkeys: 1, hasTwoFactor: false });
  expect((await api.call('DELETE', path, { token: adminToken })).status).toBe(204);
  expect(outcome(await logIn())).toEqual(REFUSED);
  expect((await api.call('GET', '/users/me', { token })).body.code).toBe('session_expired');
  expect((await api.call('DELETE', path, { token: adminToken })).status).toBe(404);
  const [entry] = await AuditEntry.query(api.database).where({ action: 'passkey.reset' });
  expect(entry).toMatchObject({ userId: admin.id, subjectId: user.id, details: { names: ['My key'] } });
});

describe('removing a passkey', () => {
  it('takes the password, and it is of no use any more', async () => {
    const id = await register();
    expect((await post(`/${id}/remove`, { password: 'not mine at all' })).status).toBe(422);
    expect((await post(`/${id}/remove`, { password: PASSWORD })).status).toBe(204);
    expect(await list()).toEqual([]);
    expect(outcome(await logIn())).toEqual(REFUSED);
    expect(await deeds()).toContainEqual(['passkey.remove', { name: 'My key' }]);
  });

  it('is for its owner', async () => {
    const id = await register();
    const theirs = await api.logIn(await buildUser(api.database));
    expect((await post(`/${id}/remove`, { password: PASSWORD }, theirs)).status).toBe(404);
    expect(await list()).toHaveLength(1);
  });
});

it('exports names and dates of passkeys, and no keys', async () => {
  await register();
  const { body } = await api.call('GET', '/users/me/export', { token });
  expect(body.passkeys).toEqual([
    { name: 'My key', isSynced: false, createdAt: expect.any(String), lastUsedAt: null },
  ]);
});

it('forgets challenges that nobody answered in time', async () => {
  await request();
  await api.database('passkey_challenges').update({ expiresAt: new Date() });
  const { challenge } = await request();
  await prune(api.database);
  expect(await api.database('passkey_challenges').pluck('challenge')).toEqual([challenge]);
});

describe('without a configured address', () => {
  let limited: TestApi;
  beforeAll(async () => {
    limited = await startTestApi({ loginLimits: { perAddress: 3, refusalMs: 0 } });
  });
  afterAll(async () => limited.close());

  it('belongs to the host of the request, and counts what fails against the address', async () => {
    const ask = async () =>
      limited.call('POST', '/login/passkey/options', { headers: { Host: 'localhost:3000' } });
    const { body } = await ask();
    expect(body.rpId).toBe('localhost');
    key.make({ challenge: 'x', user: { id: 'bm9ib2R5' } }, HERE);
    const credential = key.show(body, { origin: 'http://localhost:3000' });
    await limited.call('POST', '/login/passkey', { body: { credential } });
    await ask();
    expect((await ask()).body.code).toBe('rate_limited');
  });
});
