import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TwoFactor } from '../../contract/account.ts';
import { AuditEntry } from '../../db/models/audit-entry.ts';
import { Secret } from '../../db/models/secret.ts';
import type { User } from '../../db/models/user.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';
import { buildUser, PASSWORD } from '../../tests/builders.ts';
import { codeAt } from '../../tests/totp-code.ts';

const STEP_MS = 30_000;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ loginLimits: { perAddress: 1000, perAccount: 5, perCode: 4, refusalMs: 0 } });
});
afterAll(async () => api.close());

let user: User;
let token: string;
beforeEach(async () => {
  user = await buildUser(api.database, { email: `ada-${Math.random()}@example.test` });
  token = await api.logIn(user);
});

const post = async (path: string, body: object) =>
  api.call('POST', `/users/me/two-factor${path}`, { token, body });
const state = async () => TwoFactor.parse((await api.call('GET', '/users/me/two-factor', { token })).body);
const logIn = async (code?: string) =>
  api.call('POST', '/login', { body: { email: user.email, password: PASSWORD, ...(code ? { code } : {}) } });

/** The code before the present one: good, and used up by the confirmation. */
const earlier = (secret: string) => codeAt(secret, Date.now() - STEP_MS);
const present = (secret: string) => codeAt(secret, Date.now());
/** Moves the time of the last code back, as if the user had waited. */
const wait = async () => api.database('two_factors').where({ userId: user.id }).update({ lastStep: 0 });

async function enable(): Promise<{ secret: string; recoveryCodes: string[] }> {
  const { body } = await post('', { password: PASSWORD });
  const confirmed = await post('/confirm', { code: earlier(body.secret) });
  expect(confirmed.status).toBe(200);
  await wait();
  return { secret: body.secret, recoveryCodes: confirmed.body.recoveryCodes };
}
const actions = async () =>
  (await AuditEntry.query(api.database).where({ userId: user.id }).orderBy('id')).map(({ action }) => action);

describe('switching it on', () => {
  it('takes the password and a first code, and gives ten recovery codes', async () => {
    expect(await state()).toEqual({ enabledAt: null, recoveryCodesLeft: 0 });
    const { status, body } = await post('', { password: PASSWORD });
    expect(status).toBe(200);
    expect(body.secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(body.uri).toContain(`otpauth://totp/Berth:${encodeURIComponent(user.email)}?issuer=Berth&secret=`);
    expect((await logIn()).status).toBe(200);
    const confirmed = await post('/confirm', { code: present(body.secret) });
    expect(new Set(confirmed.body.recoveryCodes).size).toBe(10);
    expect((await state()).recoveryCodesLeft).toBe(10);
    expect(await actions()).toEqual(expect.arrayContaining(['two_factor.enrol', 'two_factor.enable']));
  });

  it('keeps the secret sealed, and the recovery codes as hashes', async () => {
    const { secret, recoveryCodes } = await enable();
    const rows = [await Secret.query(api.database), await api.database('recovery_codes').select()];
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(JSON.stringify(rows)).not.toContain(recoveryCodes[0]);
    expect(api.logLines.join('')).not.toContain(secret);
  });

  it('refuses a wrong password and a wrong code, and says which field', async () => {
    const wrong = await post('', { password: 'not mine at all' });
    expect([wrong.status, wrong.body.issues[0].field]).toEqual([422, 'password']);
    const { body } = await post('', { password: PASSWORD });
    const code = codeAt(body.secret, Date.now() - 10 * STEP_MS);
    const answer = await post('/confirm', { code });
    expect([answer.status, answer.body.issues[0].field]).toEqual([422, 'code']);
    expect((await state()).enabledAt).toBeNull();
  });

  it('starts over with another secret until it is confirmed, and not after that', async () => {
    const first = await post('', { password: PASSWORD });
    const second = await post('', { password: PASSWORD });
    expect((await post('/confirm', { code: present(first.body.secret) })).status).toBe(422);
    expect((await post('/confirm', { code: present(second.body.secret) })).status).toBe(200);
    expect((await post('', { password: PASSWORD })).body.code).toBe('invalid_state');
    expect((await post('/confirm', { code: '123456' })).body.code).toBe('invalid_state');
  });
});

describe('logging in', () => {
  it('asks for a code once the password is right, and takes it', async () => {
    const { secret } = await enable();
    const asked = await logIn();
    expect([asked.status, asked.body.code]).toEqual([401, 'second_factor_required']);
    expect(asked.headers.get('Set-Cookie')).toBeNull();
    expect((await logIn(present(secret))).status).toBe(200);
  });

  it('does not say that a code is needed to who does not know the password', async () => {
    await enable();
    const { body } = await api.call('POST', '/login', { body: { email: user.email, password: 'wrong' } });
    expect(body.code).toBe('invalid_credentials');
  });

  it('takes each code once, and none from before the last one', async () => {
    const { secret } = await enable();
    const [before, code] = [earlier(secret), present(secret)];
    expect((await logIn(code)).status).toBe(200);
    expect((await logIn(code)).body.code).toBe('invalid_code');
    expect((await logIn(before)).body.code).toBe('invalid_code');
    expect(await actions()).toContain('session.refuse_code');
  });

  it('lets only one in of two who come with the same code at once', async () => {
    const { secret } = await enable();
    const code = present(secret);
    const answers = await Promise.all([logIn(code), logIn(code)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('does not take the code that switched it on', async () => {
    const { body } = await post('', { password: PASSWORD });
    const code = present(body.secret);
    await post('/confirm', { code });
    expect((await logIn(code)).body.code).toBe('invalid_code');
  });

  it('takes each recovery code once, however it is typed', async () => {
    const { recoveryCodes } = await enable();
    const [code = ''] = recoveryCodes;
    expect((await logIn(code.toUpperCase().replaceAll('-', ' '))).status).toBe(200);
    expect((await logIn(code)).body.code).toBe('invalid_code');
    expect((await state()).recoveryCodesLeft).toBe(9);
  });

  it('stops after too many wrong codes, but for recovery codes', async () => {
    const { secret, recoveryCodes } = await enable();
    const wrong = codeAt(secret, Date.now() - 100 * STEP_MS);
    for (let count = 0; count < 4; count += 1) expect((await logIn(wrong)).body.code).toBe('invalid_code');
    expect((await logIn(present(secret))).body.code).toBe('rate_limited');
    expect((await logIn(recoveryCodes[0])).status).toBe(200);
    expect((await logIn(present(secret))).status).toBe(200);
  });
});

describe('new recovery codes', () => {
  it('take the place of the old ones, for who knows the password', async () => {
    const { recoveryCodes } = await enable();
    expect((await post('/recovery-codes', { password: 'not mine at all' })).status).toBe(422);
    const { body } = await post('/recovery-codes', { password: PASSWORD });
    expect((await logIn(recoveryCodes[0])).body.code).toBe('invalid_code');
    expect((await logIn(body.recoveryCodes[0])).status).toBe(200);
  });

  it('are for those who have it on', async () => {
    expect((await post('/recovery-codes', { password: PASSWORD })).body.code).toBe('invalid_state');
  });
});

describe('switching it off', () => {
  it('takes the password, and leaves no secret behind', async () => {
    await enable();
    expect((await post('/disable', { password: 'not mine at all' })).status).toBe(422);
    expect((await post('/disable', { password: PASSWORD })).status).toBe(204);
    expect((await logIn()).status).toBe(200);
    expect((await post('/disable', { password: PASSWORD })).body.code).toBe('invalid_state');
    const left = await api.database('two_factors').where({ userId: user.id });
    expect(left).toEqual([]);
    expect(await actions()).toContain('two_factor.disable');
  });
});

it('is taken off by an administrator for who has lost everything', async () => {
  await enable();
  const admin = await buildUser(api.database, { role: 'admin' });
  const reset = async () =>
    api.call('DELETE', `/admin/users/${user.id}/two-factor`, { token: await api.logIn(admin) });
  expect((await reset()).status).toBe(204);
  expect((await api.call('GET', '/users/me', { token })).body.code).toBe('session_expired');
  expect((await logIn()).status).toBe(200);
  expect((await reset()).status).toBe(404);
  const [entry] = await AuditEntry.query(api.database).where({ action: 'two_factor.reset' });
  expect(entry).toMatchObject({ userId: admin.id, subjectId: user.id });
});
