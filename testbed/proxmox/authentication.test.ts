import { afterAll, beforeAll, expect, test } from 'vitest';

import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';
import { createTestClient } from './test-client.ts';
import type { TestClient } from './test-client.ts';

let simulator: Simulator;
let client: TestClient;

beforeAll(async () => {
  simulator = await startSimulator({ speed: 0.02, rootPassword: 'throwaway' });
  client = createTestClient(simulator);
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

interface Login {
  ticket: string;
  CSRFPreventionToken: string;
  username: string;
}

async function login(): Promise<Login> {
  const params = { username: 'root@pam', password: 'throwaway' };
  const { data } = await client.call('POST', '/access/ticket', params, { headers: FORM });
  return data as Login;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

test('refuses a call without credentials with an empty 401 that is held back', async () => {
  const started = performance.now();
  const answer = await client.call('GET', '/version', {}, { headers: {} });
  expect([answer.status, answer.reason, answer.text]).toEqual([401, 'No ticket', '']);
  expect(performance.now() - started).toBeGreaterThan(50);
});

test('refuses a wrong token secret', async () => {
  const headers = { authorization: `PVEAPIToken=${simulator.token.id}=00000000-0000-0000-0000-000000000000` };
  const answer = await client.call('GET', '/version', {}, { headers });
  expect([answer.status, answer.reason, answer.text]).toEqual([401, 'Authentication failed!', '']);
});

test('accepts a blank after PVEAPIToken', async () => {
  const headers = { authorization: `PVEAPIToken ${simulator.token.id}=${simulator.token.secret}` };
  expect((await client.call('GET', '/version', {}, { headers })).status).toBe(200);
});

test('answers a bad login with a 401 that has a body', async () => {
  const params = { username: 'root@pam', password: 'wrong' };
  const answer = await client.call('POST', '/access/ticket', params, { headers: FORM });
  expect([answer.status, answer.reason, answer.message]).toEqual([
    401,
    'authentication failure',
    'authentication failure\n',
  ]);
});

test('logs in with a password and gives a ticket and a CSRF token of the real shapes', async () => {
  const { ticket, CSRFPreventionToken, username } = await login();
  expect(username).toBe('root@pam');
  expect(ticket).toMatch(/^PVE:root@pam:[0-9A-F]{8}::[A-Za-z0-9+/]+={0,2}$/);
  expect(CSRFPreventionToken).toMatch(/^[0-9A-F]{8}:[A-Za-z0-9+/]{43}$/);
});

test('renews a ticket when it is sent as the password', async () => {
  const { ticket } = await login();
  const params = { username: 'root@pam', password: ticket };
  expect((await client.call('POST', '/access/ticket', params, { headers: FORM })).status).toBe(200);
});

test('takes the ticket as a cookie or in Authorization', async () => {
  const { ticket } = await login();
  const cookie = `PVEAuthCookie=${encodeURIComponent(ticket)}`;
  expect((await client.call('GET', '/version', {}, { headers: { cookie } })).status).toBe(200);
  const headers = { authorization: `PVEAuthCookie=${ticket}` };
  expect((await client.call('GET', '/version', {}, { headers })).status).toBe(200);
});

test('wants the CSRF token on writes by ticket', async () => {
  const { ticket, CSRFPreventionToken } = await login();
  const cookie = `PVEAuthCookie=${encodeURIComponent(ticket)}`;
  const write = (headers: Record<string, string>) =>
    client.call(
      'PUT',
      '/nodes/pve1/qemu/9000/config',
      { cores: 1 },
      { headers: { ...FORM, cookie, ...headers } },
    );
  const refused = await write({});
  expect([refused.status, refused.reason]).toEqual([401, 'Permission denied - invalid csrf token']);
  expect((await write({ csrfpreventiontoken: CSRFPreventionToken })).status).toBe(200);
});

test('lets only root by ticket set a lock or skip one', async () => {
  const path = '/nodes/pve1/qemu/9001/config';
  expect((await client.call('PUT', path, { lock: 'backup' })).reason).toBe("only root can set 'lock' config");
  expect((await client.call('PUT', path, { cores: 1, skiplock: 1 })).errors).toEqual({
    skiplock: 'Only root may use this option.',
  });
  const { ticket, CSRFPreventionToken } = await login();
  const headers = {
    ...FORM,
    cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}`,
    csrfpreventiontoken: CSRFPreventionToken,
  };
  expect((await client.call('PUT', path, { lock: 'backup' }, { headers })).status).toBe(200);
  expect((await client.call('PUT', path, { cores: 1 })).reason).toBe('VM is locked (backup)');
  expect((await client.call('PUT', path, { delete: 'lock', skiplock: 1 }, { headers })).status).toBe(200);
});

test('gives no ticket to a token', async () => {
  const params = { username: 'root@pam', password: 'throwaway' };
  expect((await client.call('POST', '/access/ticket', params)).status).toBe(403);
});
