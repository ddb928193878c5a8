import { createHash, createHmac } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Session } from '../../contract/auth.ts';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import { User } from '../../db/models/user.ts';
import { buildAccount, buildUser, PASSWORD } from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ loginLimits: { perAddress: 8, perAccount: 3, refusalMs: 0 } });
});
afterAll(async () => api.close());

let addresses = 0;
/** An address nobody has used, so that tests do not share a rate limit. */
const fromNewAddress = () => ({ 'X-Forwarded-For': `198.51.100.${(addresses += 1)}` });

const logIn = async (
  email: string,
  password = PASSWORD,
  headers: Record<string, string> = fromNewAddress(),
) => api.call('POST', '/login', { body: { email, password }, headers });

const cookieOf = ({ headers }: { headers: Headers }) => headers.get('Set-Cookie')?.split(';')[0] ?? '';
const refresh = async (cookie: string, headers: Record<string, string> = {}) =>
  api.call('POST', '/refresh', { headers: { Cookie: cookie, ...headers } });

describe('logging in', () => {
  it('gives a session whose token works, and the refresh token in a safe cookie only', async () => {
    const user = await buildUser(api.database, { email: 'Ada@Example.test' });
    const account = await buildAccount(api.database, { owner: user, name: 'Ada Ltd' });
    const answer = await logIn('ada@example.TEST');
    expect(answer.status).toBe(200);
    const session = Session.parse(answer.body);
    expect(session).toMatchObject({
      expiresIn: 600,
      user: { id: user.id, role: 'customer', accounts: [{ id: account.id, name: 'Ada Ltd', role: 'owner' }] },
    });
    const cookie = answer.headers.get('Set-Cookie') ?? '';
    expect(cookie).toMatch(/^berth_refresh=[\w-]{43}; path=\/; expires=.*; samesite=strict; httponly$/i);
    const stored = await api.database('refresh_tokens').select('token_hash as hash');
    expect(JSON.stringify(stored)).not.toContain(cookie.slice('berth_refresh='.length, 60));
    const me = await api.call('GET', '/users/me', { token: session.accessToken });
    expect(me.body).toEqual(session.user);
  });

  it('says the same to an unknown, a mistaken and a disabled user, and to one without a password', async () => {
    const user = await buildUser(api.database);
    const disabled = await buildUser(api.database, { disabledAt: new Date() });
    const locked = await buildUser(api.database, { passwordHash: null });
    const answers = [
      await logIn('nobody@example.test'),
      await logIn(user.email, 'wrong password'),
      await logIn(disabled.email),
      await logIn(locked.email),
    ];
    for (const { status, body, headers } of answers) {
      expect({ status, code: body.code, title: body.title }).toEqual({
        status: 401,
        code: 'invalid_credentials',
        title: 'The e-mail address or the password is wrong.',
      });
      expect(headers.get('Set-Cookie')).toBeNull();
    }
  });

  it('stops after too many failures on one account, from whatever address, and a success starts over', async () => {
    const user = await buildUser(api.database);
    for (let attempt = 0; attempt < 2; attempt += 1) await logIn(user.email, 'wrong');
    expect((await logIn(user.email)).status).toBe(200);
    for (let attempt = 0; attempt < 3; attempt += 1)
      expect((await logIn(user.email, 'wrong')).status).toBe(401);
    const limited = await logIn(user.email.toUpperCase());
    expect(limited.status).toBe(429);
    expect(limited.body.code).toBe('rate_limited');
    expect(Number(limited.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(Number(limited.headers.get('Retry-After'))).toBeLessThanOrEqual(900);
  });

  it('stops after too many failures from one address, and counts an IPv6 /64 as one', async () => {
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const headers = { 'X-Forwarded-For': `2001:db8:1:1::${attempt}` };
      expect((await logIn(`nobody-${attempt}@example.test`, 'wrong', headers)).status).toBe(401);
    }
    const blocked = await logIn('nobody@example.test', 'x', { 'X-Forwarded-For': '2001:db8:1:1:ffff::1' });
    expect(blocked.status).toBe(429);
    expect((await logIn('nobody@example.test', 'x', { 'X-Forwarded-For': '2001:db8:1:2::1' })).status).toBe(
      401,
    );
  });

  it('writes no password and no token into the log', async () => {
    const user = await buildUser(api.database);
    const { body, headers } = await logIn(user.email, PASSWORD);
    await api.call('GET', '/users/me', { token: body.accessToken });
    const log = api.logLines.join('');
    expect(log).not.toContain(PASSWORD);
    expect(log).not.toContain(body.accessToken);
    expect(log).not.toContain(cookieOf({ headers }).split('=')[1]);
  });
});

describe('a user who came with a hash of WHMCS', () => {
  const typed = `p&ss<word>"1'`;
  const hashes: [string, string, string][] = [
    ['bcrypt', 'Sommer2019!', '$2y$10$Berth00testbedSalt123e6vn.4nrXVWl0694yFHQ63X3pdVB1uU6'],
    ['bcrypt of encoded text', typed, '$2y$10$Berth03testbedSalt123esdYiWlxcERGvQOAAnYMwluc5u.F.mxO'],
    ['HMAC-SHA256', typed, `${createHmac('sha256', 'key').update(typed).digest('hex')}:key`],
    ['md5 with a salt', 'secret', `${createHash('md5').update('ab12csecret').digest('hex')}:ab12c`],
    ['md5', 'secret', createHash('md5').update('secret').digest('hex')],
  ];
  const hashOf = async (id: string) => (await User.query(api.database).findById(id))?.passwordHash ?? null;
  const upgrades = async (id: string) =>
    AuditEntry.query(api.database).where({ userId: id, action: 'user.upgrade_password' }).resultSize();

  it.each(hashes)('logs in with it, once: %s', async (_kind, password, passwordHash) => {
    const user = await buildUser(api.database, { passwordHash });
    expect((await logIn(user.email, `${password}x`)).status).toBe(401);
    expect(await hashOf(user.id)).toBe(passwordHash);
    expect((await logIn(user.email, password)).status).toBe(200);
    const kept = await hashOf(user.id);
    expect(kept).toMatch(/^\$argon2id\$/);
    expect((await logIn(user.email, password)).status).toBe(200);
    expect((await logIn(user.email, `${password}x`)).status).toBe(401);
    expect(await hashOf(user.id)).toBe(kept);
    expect(await upgrades(user.id)).toBe(1);
  });

  it('may log in from several places at once', async () => {
    const user = await buildUser(api.database, { passwordHash: hashes[4]?.[2] ?? '' });
    const answers = await Promise.all([1, 2, 3].map(async () => logIn(user.email, 'secret')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await upgrades(user.id)).toBe(1);
    expect((await logIn(user.email, 'secret')).status).toBe(200);
  });

  it('has not been disabled', async () => {
    const passwordHash = hashes[4]?.[2] ?? '';
    const user = await buildUser(api.database, { passwordHash, disabledAt: new Date() });
    expect((await logIn(user.email, 'secret')).body.code).toBe('invalid_credentials');
    expect(await hashOf(user.id)).toBe(passwordHash);
  });
});

it('takes as long to refuse whoever it is', async () => {
  const slow = await startTestApi({ loginLimits: { refusalMs: 400 } });
  try {
    const users = [
      await buildUser(slow.database),
      await buildUser(slow.database, { passwordHash: null }),
      await buildUser(slow.database, { passwordHash: createHash('md5').update('secret').digest('hex') }),
      await buildUser(slow.database, { disabledAt: new Date() }),
    ];
    for (const email of ['nobody@example.test', ...users.map((user) => user.email)]) {
      const startedAt = performance.now();
      const { body } = await slow.call('POST', '/login', { body: { email, password: 'wrong' } });
      expect(body.code).toBe('invalid_credentials');
      expect(performance.now() - startedAt).toBeGreaterThan(390);
    }
  } finally {
    await slow.close();
  }
});

describe('refreshing', () => {
  it('rotates the token, and each successor works once', async () => {
    const user = await buildUser(api.database);
    const first = cookieOf(await logIn(user.email));
    const second = await refresh(first);
    expect(second.status).toBe(200);
    expect(Session.parse(second.body).user.id).toBe(user.id);
    expect(cookieOf(second)).not.toBe(first);
    const third = await refresh(cookieOf(second));
    expect(third.status).toBe(200);
    expect((await api.call('GET', '/users/me', { token: third.body.accessToken })).status).toBe(200);
  });

  it('gives two tabs that refresh at once the same successor', async () => {
    const user = await buildUser(api.database);
    const cookie = cookieOf(await logIn(user.email));
    const [one, two] = await Promise.all([refresh(cookie), refresh(cookie)]);
    expect([one.status, two.status]).toEqual([200, 200]);
    expect(cookieOf(one)).toBe(cookieOf(two));
    expect((await refresh(cookieOf(one))).status).toBe(200);
    // Late by one more turn: an access token, but no way back in the chain.
    const late = await refresh(cookie);
    expect(late.status).toBe(200);
    expect(late.headers.get('Set-Cookie')).toBeNull();
  });

  it('revokes the whole session when a spent token comes back later', async () => {
    const user = await buildUser(api.database);
    const stolen = cookieOf(await logIn(user.email));
    const rightful = await refresh(stolen);
    await api.database.raw(
      `update refresh_tokens set spent_at = spent_at - interval '11 seconds' where spent_at is not null`,
    );
    const thief = await refresh(stolen);
    expect(thief.status).toBe(401);
    expect(thief.body.code).toBe('session_expired');
    expect((await refresh(cookieOf(rightful))).status).toBe(401);
    const me = await api.call('GET', '/users/me', { token: rightful.body.accessToken });
    expect(me.body.code).toBe('session_expired');
  });

  it('needs the cookie, a living session and an enabled user', async () => {
    expect((await api.call('POST', '/refresh')).body.code).toBe('unauthenticated');
    expect((await refresh('berth_refresh=nonsense')).body.code).toBe('session_expired');
    const user = await buildUser(api.database);
    const cookie = cookieOf(await logIn(user.email));
    await user.$query(api.database).patch({ disabledAt: new Date() });
    expect((await refresh(cookie)).body.code).toBe('session_expired');
  });

  it('refuses requests from other sites', async () => {
    const user = await buildUser(api.database);
    const cookie = cookieOf(await logIn(user.email));
    for (const headers of [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Origin: 'https://evil.example' },
    ]) {
      expect((await refresh(cookie, headers)).body.code).toBe('forbidden');
    }
    expect((await refresh(cookie, { 'Sec-Fetch-Site': 'same-origin' })).status).toBe(200);
    expect((await refresh(cookie, { Origin: api.url })).status).toBe(200);
  });
});

describe('the end of a session', () => {
  it('comes at once with logging out, and clears the cookie', async () => {
    const user = await buildUser(api.database);
    const session = await logIn(user.email);
    const out = await api.call('POST', '/logout', { headers: { Cookie: cookieOf(session) } });
    expect(out.status).toBe(204);
    expect(out.headers.get('Set-Cookie')).toMatch(/^berth_refresh=; .*expires=Thu, 01 Jan 1970/);
    expect((await api.call('GET', '/users/me', { token: session.body.accessToken })).body.code).toBe(
      'session_expired',
    );
    expect((await refresh(cookieOf(session))).status).toBe(401);
    expect((await api.call('POST', '/logout')).status).toBe(204);
  });

  it('can be had with the access token alone', async () => {
    const user = await buildUser(api.database);
    const token = await api.logIn(user);
    expect((await api.call('POST', '/logout', { token })).status).toBe(204);
    expect((await api.call('GET', '/users/me', { token })).status).toBe(401);
  });

  it('comes at once when the user is disabled', async () => {
    const user = await buildUser(api.database);
    const token = await api.logIn(user);
    await user.$query(api.database).patch({ disabledAt: new Date() });
    expect((await api.call('GET', '/users/me', { token })).body.code).toBe('session_expired');
  });

  it('tells an expired token from a forged one', async () => {
    const user = await buildUser(api.database);
    const claims = jwt.decode(await api.logIn(user)) as jwt.JwtPayload;
    const { iat: _iat, exp: _exp, ...rest } = claims;
    const expired = jwt.sign({ ...rest, exp: 1 }, api.jwtSecret);
    const forged = jwt.sign(rest, 'another secret', { expiresIn: 60 });
    const unsigned = jwt.sign(rest, '', { algorithm: 'none', expiresIn: 60 });
    expect((await api.call('GET', '/users/me', { token: expired })).body.code).toBe('session_expired');
    expect((await api.call('GET', '/users/me', { token: forged })).body.code).toBe('unauthenticated');
    expect((await api.call('GET', '/users/me', { token: unsigned })).body.code).toBe('unauthenticated');
  });
});

it('sets a secure cookie and HSTS where the public URL is https', async () => {
  const secure = await startTestApi({ publicUrl: 'https://berth.example.test' });
  try {
    const user = await buildUser(secure.database);
    const { headers } = await secure.call('POST', '/login', {
      body: { email: user.email, password: PASSWORD },
      headers: { Origin: 'https://berth.example.test' },
    });
    expect(headers.get('Set-Cookie')).toMatch(/; secure; /i);
    expect(headers.get('Strict-Transport-Security')).toContain('max-age=31536000');
  } finally {
    await secure.close();
  }
});

it('believes only the entry of X-Forwarded-For its own proxy wrote', async () => {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    await logIn(`forged-${attempt}@example.test`, 'x', {
      'X-Forwarded-For': `203.0.113.${attempt}, 192.0.2.1`,
    });
  }
  const blocked = await logIn('forged@example.test', 'x', { 'X-Forwarded-For': '203.0.113.99, 192.0.2.1' });
  expect(blocked.status).toBe(429);
  const user = await buildUser(api.database);
  expect((await logIn(user.email, PASSWORD, { 'X-Forwarded-For': 'nonsense' })).status).toBe(200);
});
