import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from '../../contract/problem.ts';
import { buildAccount, buildUser } from '../../tests/builders.ts';
import { startTestApi, type TestApi } from '../../tests/api.ts';

let api: TestApi;
let token: string;
beforeAll(async () => {
  api = await startTestApi();
  const user = await buildUser(api.database);
  await buildAccount(api.database, { owner: user });
  token = await api.logIn(user);
});
afterAll(async () => api.close());

async function refusal(...call: Parameters<TestApi['call']>) {
  const answer = await api.call(...call);
  expect(answer.headers.get('Content-Type')).toContain('application/problem+json');
  const problem = Problem.parse(answer.body);
  expect(problem.status).toBe(answer.status);
  expect(problem.type).toBe(`urn:berth:problem:${problem.code}`);
  expect(problem.requestId).toBe(answer.headers.get('X-Request-Id'));
  return { ...problem, headers: answer.headers };
}

const ORDER = { name: 'web-1', planId: crypto.randomUUID(), templateId: crypto.randomUUID() };

describe('every refusal is a problem document', () => {
  it('for an unknown path, with and without a session', async () => {
    expect(await refusal('GET', '/nowhere')).toMatchObject({ status: 404, code: 'not_found' });
    expect(await refusal('GET', '/servers/not-a-uuid', { token })).toMatchObject({
      status: 404,
      code: 'not_found',
    });
  });

  it('for a wrong method, naming those that work', async () => {
    const problem = await refusal('PUT', '/servers', { token });
    expect(problem).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(problem.headers.get('Allow')).toMatch(/GET.*POST|POST.*GET/);
    expect(await refusal('DELETE', '/login')).toMatchObject({ status: 405 });
  });

  it('for JSON that is none', async () => {
    expect(await refusal('POST', '/servers', { token, body: '{"name":' })).toMatchObject({
      code: 'invalid_json',
      status: 400,
    });
    expect(await refusal('POST', '/servers', { token, body: '"text"' })).toMatchObject({
      code: 'invalid_json',
      status: 400,
    });
  });

  it('for a body that is not JSON', async () => {
    const body = 'name=web-1';
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect(await refusal('POST', '/login', { body, headers })).toMatchObject({
      code: 'unsupported_media_type',
      status: 415,
    });
    expect(
      await refusal('POST', '/servers', { token, body, headers: { 'Content-Type': 'text/plain' } }),
    ).toMatchObject({ status: 415 });
  });

  it.each([
    ['Content-Type', 'application/json; charset=latin1'],
    ['Content-Encoding', 'zstd'],
  ])('for a body in a form that is not read: %s %s', async (header, value) => {
    const headers = { 'Content-Type': 'application/json', [header]: value };
    expect(await refusal('POST', '/login', { body: '{}', headers })).toMatchObject({
      code: 'unsupported_media_type',
      detail: expect.stringContaining('UTF-8'),
    });
  });

  it('for a body over 1 MB', async () => {
    const body = { name: 'x'.repeat(1_100_000) };
    expect(await refusal('POST', '/servers', { token, body })).toMatchObject({
      code: 'payload_too_large',
      status: 413,
    });
  });

  it('for bad fields, naming each, unknown ones too', async () => {
    const body = { name: '-bad-', planId: 'x', colour: 'red', sshKeys: ['nonsense'] };
    const problem = await refusal('POST', '/servers', { token, body });
    expect(problem).toMatchObject({ code: 'invalid_input', status: 422 });
    const fields = problem.issues?.map(({ field }) => field).toSorted();
    expect(fields).toEqual(['colour', 'name', 'planId', 'sshKeys.0', 'templateId']);
    expect(problem.issues?.find(({ field }) => field === 'colour')?.message).toBe('unknown field');
  });

  it('for more bad fields than anybody reads, naming the first hundred', async () => {
    const body = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`field-${n}`, n]));
    expect((await refusal('POST', '/login', { body })).issues).toHaveLength(100);
    const { issues } = await refusal('PATCH', `/servers/${crypto.randomUUID()}`, {
      token,
      body: { labels: body },
    });
    expect(issues).toMatchObject([{ field: 'labels', message: 'use at most 50 labels' }]);
  });

  it('for no body at all, and for unknown query parameters', async () => {
    expect(await refusal('POST', '/login')).toMatchObject({ code: 'invalid_input' });
    for (const path of ['/servers', '/audit-log']) {
      const problem = await refusal('GET', `${path}?limit=1000&colour=red`, { token });
      expect(problem.issues?.map(({ field }) => field).toSorted()).toEqual(['colour', 'limit']);
    }
  });

  const half = '\ud800';
  it.each([
    ['GET', '/servers?search=a%00b', undefined, 'search'],
    ['POST', '/login', { email: 'a\0@example.test', password: 'x' }, 'email'],
    ['POST', '/ssh-keys', { name: `a${half}`, publicKey: 'ssh-ed25519 AAAA' }, 'name'],
    ['POST', '/users/me/tokens', { name: `a${half}`, permission: 'view' }, 'name'],
    ['POST', '/servers', { ...ORDER, labels: { role: half } }, 'labels.role'],
    ['POST', '/servers', { ...ORDER, userData: '#!/bin/sh\0' }, 'userData'],
  ])('for text the database cannot keep, naming its field: %s %s', async (method, path, body, field) => {
    const problem = await refusal(method, path, { token, body });
    expect(problem).toMatchObject({ status: 422, code: 'invalid_input' });
    expect(problem.issues).toMatchObject([{ field, said: { code: 'unkeepable_text' } }]);
  });

  // What comes with a passkey may have any shape.
  const withPasskey = (deep: string) => {
    const response =
      '{"clientDataJSON":"AAAA","authenticatorData":"AAAA","signature":"AAAA","userHandle":"AAAA"}';
    return `{"credential":{"id":"AAAA","rawId":"AAAA","type":"public-key","response":${response},"deep":${deep}}}`;
  };

  it('for many such texts, each in a deeper place, in an answer no longer than the body', async () => {
    const body = withPasskey(`${String.raw`["\u0000",`.repeat(20_000)}1${']'.repeat(20_000)}`);
    const { issues } = await refusal('POST', '/login/passkey', { body });
    expect(issues).toMatchObject([{ said: { code: 'unkeepable_text' } }]);
    expect(issues?.[0]?.field.length).toBeLessThan(body.length);
  });

  it('for a passkey that is none, however much comes with it', async () => {
    const body = withPasskey(`[${'1,'.repeat(300_000)}1]`);
    const { status } = await refusal('POST', '/login/passkey', { body });
    expect(status).toBe(401);
  });

  it('for a value the database knows nothing of', async () => {
    const cursor = Buffer.from(JSON.stringify(['-createdAt', 'never', crypto.randomUUID()])).toString(
      'base64url',
    );
    expect(await refusal('GET', `/servers?cursor=${cursor}`, { token })).toMatchObject({ status: 422 });
  });

  it('for a request without a session, with WWW-Authenticate', async () => {
    const problem = await refusal('GET', '/servers');
    expect(problem).toMatchObject({ code: 'unauthenticated', status: 401 });
    expect(problem.headers.get('WWW-Authenticate')).toBe('Bearer');
    expect(await refusal('GET', '/servers', { token: 'nonsense' })).toMatchObject({
      code: 'unauthenticated',
    });
  });
});

it('keeps a sensible X-Request-Id, replaces any other, and logs it', async () => {
  const kept = await api.call('GET', '/healthz', { headers: { 'X-Request-Id': 'trace-42' } });
  expect(kept.headers.get('X-Request-Id')).toBe('trace-42');
  const replaced = await api.call('GET', '/plans', { token, headers: { 'X-Request-Id': 'a b' } });
  const id = replaced.headers.get('X-Request-Id');
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(api.logLines.some((line) => line.includes(`"reqId":"${id}"`) && line.includes('"status":200'))).toBe(
    true,
  );
});

it('answers 500 without a word about the inside, and logs the cause', async () => {
  await api.database.schema.renameTable('plans', 'plans_gone');
  const problem = await refusal('GET', '/plans', { token });
  await api.database.schema.renameTable('plans_gone', 'plans');
  expect(problem).toMatchObject({ status: 500, code: 'internal_error' });
  expect(JSON.stringify(problem)).not.toContain('relation');
  expect(api.logLines.some((line) => line.includes('request failed') && line.includes('plans'))).toBe(true);
});

it('sets strict headers', async () => {
  const { headers } = await api.call('GET', '/healthz');
  const csp = headers.get('Content-Security-Policy') ?? '';
  expect(csp).toContain("script-src 'self';");
  expect(csp).toContain("frame-ancestors 'none'");
  expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
  expect(headers.get('Strict-Transport-Security')).toBeNull();
});
