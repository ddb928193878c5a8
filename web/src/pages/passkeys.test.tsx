import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Passkey } from '../../../contract/passkeys.ts';
import { renderApp } from '../render-app.tsx';
import { type Handler, fakeApi, ok, refusal, session } from '../test-api.ts';

const PASSKEY: Passkey = {
  id: '77777777-7777-4777-8777-777777777771',
  name: 'Laptop',
  isSynced: true,
  createdAt: '2026-01-02T00:00:00Z',
  lastUsedAt: null,
};
const bytes = Uint8Array.of(1, 2, 3).buffer;
const common = { id: 'AQID', rawId: bytes, type: 'public-key', getClientExtensionResults: () => ({}) };
const credentials = { create: vi.fn<() => Promise<object>>(), get: vi.fn<() => Promise<object>>() };

beforeEach(() => {
  vi.stubGlobal('isSecureContext', true);
  vi.stubGlobal('PublicKeyCredential', class {});
  Object.defineProperty(navigator, 'credentials', { value: credentials, configurable: true });
  credentials.create.mockResolvedValue({
    ...common,
    response: { clientDataJSON: bytes, attestationObject: bytes },
  });
  credentials.get.mockResolvedValue({
    ...common,
    response: { clientDataJSON: bytes, authenticatorData: bytes, signature: bytes, userHandle: bytes },
  });
});

const refuse = (name: string) => async () => Promise.reject(new DOMException('no', name));
const button = (name: string) => screen.findByRole('button', { name });
const issue = (field: string, message: string) => () =>
  refusal(422, 'invalid_input', 'Some of the input cannot be used.', { issues: [{ field, message }] });

function openSecurity(routes: Record<string, Handler> = {}) {
  const api = fakeApi({
    'GET /users/me/sessions': () => ok({ items: [] }),
    'GET /users/me/two-factor': () => ok({ enabledAt: null, recoveryCodesLeft: 0 }),
    'GET /users/me/passkeys': () => ok({ items: [PASSKEY] }),
    'POST /users/me/passkeys/options': () =>
      ok({ challenge: 'AQID', user: { id: 'AQID', name: 'ada' }, pubKeyCredParams: [], rp: {} }),
    'POST /users/me/passkeys': () => ok({ ...PASSKEY, name: 'Key ring' }, 201),
    ...routes,
  });
  return { api, ...renderApp('/account/security') };
}

async function fillIn(user: ReturnType<typeof renderApp>['user']) {
  await user.click(await button('Add a passkey'));
  const form = within(await screen.findByRole('dialog'));
  await user.type(form.getByLabelText('Your password'), 'correct horse');
  await user.clear(form.getByLabelText('Name'));
  await user.type(form.getByLabelText('Name'), 'Key ring');
  await user.click(form.getByRole('button', { name: 'Continue' }));
  return form;
}

test('a passkey is added by password and browser', async () => {
  const { api, user } = openSecurity({ 'GET /users/me/passkeys': () => ok({ items: [] }) });
  expect(await screen.findByText('You have none yet.')).toBeVisible();
  api.on('GET /users/me/passkeys', () => ok({ items: [{ ...PASSKEY, name: 'Key ring' }] }));
  await fillIn(user);
  expect(
    await within(await screen.findByRole('list', { name: 'Passkeys' })).findByText('Key ring'),
  ).toBeVisible();
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(api.sent('POST /users/me/passkeys/options')[0]?.body).toEqual({ password: 'correct horse' });
  expect(api.sent('POST /users/me/passkeys')[0]?.body).toMatchObject({
    name: 'Key ring',
    credential: { id: 'AQID', response: { attestationObject: 'AQID' } },
  });
});

test('a wrong password is said beside its field, before the browser asks', async () => {
  const { user } = openSecurity({
    'POST /users/me/passkeys/options': issue('password', 'this is not your present password'),
  });
  const form = await fillIn(user);
  await waitFor(() =>
    expect(form.getByLabelText('Your password')).toHaveAccessibleDescription(
      'This is not your present password',
    ),
  );
  expect(credentials.create).not.toHaveBeenCalled();
});

test.each([
  ['NotAllowedError', /it was cancelled, or took too long/],
  ['InvalidStateError', /already has a passkey for you/],
  ['SecurityError', /belong to another address/],
])('a browser that says %s is explained, and what was typed stays', async (name, words) => {
  credentials.create.mockImplementation(refuse(name));
  const { api, user } = openSecurity();
  const form = await fillIn(user);
  expect(await form.findByRole('alert')).toHaveTextContent(words);
  expect(form.getByLabelText('Name')).toHaveValue('Key ring');
  expect(api.sent('POST /users/me/passkeys')).toEqual([]);
});

test('a passkey the API does not take is said so', async () => {
  const { user } = openSecurity({
    'POST /users/me/passkeys': () => refusal(409, 'conflict', 'Something else has taken this.'),
  });
  const form = await fillIn(user);
  expect(await form.findByText(/Something else has taken this/)).toBeVisible();
});

test('a passkey is renamed', async () => {
  const route = `PATCH /users/me/passkeys/${PASSKEY.id}`;
  const { api, user } = openSecurity({ [route]: () => ok({ ...PASSKEY, name: 'Old laptop' }) });
  await user.click(await button('Rename Laptop'));
  const form = within(await screen.findByRole('dialog', { name: 'Rename Laptop' }));
  await user.clear(form.getByLabelText('Name'));
  await user.click(form.getByRole('button', { name: 'Rename' }));
  await waitFor(() => expect(form.getByLabelText('Name')).toHaveAccessibleDescription('Enter a name'));
  await user.type(form.getByLabelText('Name'), 'Old laptop');
  api.on('GET /users/me/passkeys', () => ok({ items: [{ ...PASSKEY, name: 'Old laptop' }] }));
  await user.click(form.getByRole('button', { name: 'Rename' }));
  expect(await button('Rename Old laptop')).toBeVisible();
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(api.sent(route)[0]?.body).toEqual({ name: 'Old laptop' });
});

test('a passkey is removed by password', async () => {
  const { api, user } = openSecurity({
    [`POST /users/me/passkeys/${PASSKEY.id}/remove`]: issue('password', 'this is not your present password'),
  });
  const list = within(await screen.findByRole('list', { name: 'Passkeys' }));
  expect(list.getByRole('listitem')).toHaveTextContent(/Laptop.*On all your devices.*never used/);
  await user.click(await button('Remove Laptop'));
  const form = within(await screen.findByRole('dialog'));
  await user.type(form.getByLabelText('Your password'), 'wrong');
  await user.click(form.getByRole('button', { name: 'Remove passkey' }));
  await waitFor(() => expect(form.getByLabelText('Your password')).toBeInvalid());
  api.on(`POST /users/me/passkeys/${PASSKEY.id}/remove`, () => new Response(null, { status: 204 }));
  api.on('GET /users/me/passkeys', () => ok({ items: [] }));
  await user.click(form.getByRole('button', { name: 'Remove passkey' }));
  expect(await screen.findByText('You have none yet.')).toBeVisible();
});

test('passkeys that cannot be read are read again on request', async () => {
  const { api, user } = openSecurity({
    'GET /users/me/passkeys': () => refusal(503, 'unavailable', 'Berth cannot reach its database.'),
  });
  expect(await screen.findByText('Your passkeys cannot be shown')).toBeVisible();
  api.on('GET /users/me/passkeys', () => ok({ items: [PASSKEY] }));
  await user.click(await button('Try again'));
  expect(await screen.findByText('Laptop')).toBeVisible();
});

test('slow passkeys show that they are being waited for', async () => {
  openSecurity({ 'GET /users/me/passkeys': async () => new Promise<Response>(() => undefined) });
  expect(await screen.findByLabelText('Loading the passkeys')).toBeVisible();
});

test('a page without a secure connection says why none can be added, and still lists them', async () => {
  vi.stubGlobal('isSecureContext', false);
  openSecurity();
  expect(await screen.findByText(/Passkeys need a secure connection/)).toBeVisible();
  expect(await screen.findByText('Laptop')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Add a passkey' })).toBeNull();
});

const noSession = { 'POST /refresh': () => refusal(401, 'session_expired', 'Log in again') };
const openLogin = (routes: Record<string, Handler> = {}) => {
  const api = fakeApi({
    ...noSession,
    'GET /servers': () => ok({ items: [], nextCursor: null }),
    'POST /login/passkey/options': () => ok({ challenge: 'AQID' }),
    'POST /login/passkey': () => ok(session()),
    ...routes,
  });
  return { api, ...renderApp('/login') };
};

test('a passkey logs in without anything typed', async () => {
  const { api, user } = openLogin();
  await user.click(await button('Log in with a passkey'));
  expect(await screen.findByText('No servers yet')).toBeVisible();
  expect(api.sent('POST /login/passkey')[0]?.body).toMatchObject({ credential: { id: 'AQID' } });
  expect(api.sent('POST /login/passkey')[0]?.body).not.toHaveProperty('email');
});

test('a login that is cancelled can be tried again', async () => {
  credentials.get.mockImplementation(refuse('NotAllowedError'));
  const { api, user } = openLogin();
  await user.click(await button('Log in with a passkey'));
  expect(await screen.findByRole('alert')).toHaveTextContent(/it was cancelled/);
  expect(await button('Log in with a passkey')).toBeEnabled();
  expect(api.sent('POST /login/passkey')).toEqual([]);
});

test('a passkey nobody has is said so', async () => {
  const { user } = openLogin({
    'POST /login/passkey': () => refusal(401, 'invalid_passkey', 'Nobody can log in with this passkey.'),
  });
  await user.click(await button('Log in with a passkey'));
  expect(await screen.findByRole('alert')).toHaveTextContent('Nobody can log in with this passkey.');
});

test('a page opened by an IP address says why no passkey can be used', async () => {
  vi.stubGlobal('location', new URL('http://127.0.0.1:3000/app/login'));
  const { api, user } = openLogin();
  await user.click(await button('Log in with a passkey'));
  expect(await screen.findByRole('alert')).toHaveTextContent(/opened by an IP address \(127\.0\.0\.1\)/);
  expect(api.sent('POST /login/passkey/options')).toEqual([]);
});

test('whose session has expired goes on with a passkey of their own only', async () => {
  const restored = [ok(session())];
  const expired = () => refusal(401, 'session_expired', 'Log in again');
  const { api, user } = openLogin({
    'POST /refresh': () => restored.pop() ?? expired(),
    'GET /servers': ({ headers }) =>
      headers.get('authorization') === 'Bearer token-2' ? ok({ items: [], nextCursor: null }) : expired(),
    'POST /login/passkey': () => ok(session('token-2')),
  });
  const dialog = within(await screen.findByRole('dialog', { name: 'Your session has expired' }));
  await user.click(dialog.getByRole('button', { name: 'Log in with a passkey' }));
  expect(await screen.findByText('No servers yet')).toBeVisible();
  expect(api.sent('POST /login/passkey')[0]?.body).toMatchObject({ email: 'ada@example.org' });
});
