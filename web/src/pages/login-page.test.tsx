import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../render-app.tsx';
import { type TestApi, fakeApi, ok, refusal, session } from '../test-api.ts';

const noSession = { 'POST /refresh': () => refusal(401, 'session_expired', 'Log in again') };

async function fillIn(user: ReturnType<typeof renderApp>['user']): Promise<void> {
  await user.type(await screen.findByLabelText('E-mail'), 'ada@example.org');
  await user.type(screen.getByLabelText('Password'), 'secret-secret');
  await user.click(screen.getByRole('button', { name: 'Log in' }));
}

const emptyList = (api: TestApi): void => api.on('GET /servers', () => ok({ items: [], nextCursor: null }));

test('a wrong password is said so and what was typed stays', async () => {
  fakeApi({
    ...noSession,
    'POST /login': () => refusal(401, 'invalid_credentials', 'E-mail or password is wrong'),
  });
  const { user } = renderApp('/login');
  await fillIn(user);
  expect(await screen.findByRole('alert')).toHaveTextContent('E-mail or password is wrong');
  expect(screen.getByLabelText('E-mail')).toHaveValue('ada@example.org');
  await waitFor(() => expect(screen.getByLabelText('Password')).toHaveFocus());
  expect(document.title).toBe('Log in · Berth');
});

test('a rate limit blocks the form and counts down', async () => {
  const api = fakeApi({
    ...noSession,
    'POST /login': () => refusal(429, 'rate_limited', 'Too many attempts', {}, { 'retry-after': '2' }),
  });
  const { user } = renderApp('/login');
  await fillIn(user);
  expect(await screen.findByRole('button', { name: /Try again in [12] s/ })).toBeDisabled();
  expect(screen.getByRole('alert')).toHaveTextContent('Too many attempts');
  expect(await screen.findByRole('button', { name: 'Log in' }, { timeout: 4_000 })).toBeEnabled();
  expect(api.sent('POST /login')).toHaveLength(1);
});

test('a second factor is asked for after the password, and a wrong code is said so', async () => {
  const api = fakeApi({
    ...noSession,
    'POST /login': () => refusal(401, 'second_factor_required', 'A code of your second factor is needed.'),
  });
  emptyList(api);
  const { user } = renderApp('/login');
  await fillIn(user);
  const code = await screen.findByLabelText('Code of your app');
  expect(screen.queryByRole('alert')).toBeNull();
  api.on('POST /login', () => refusal(401, 'invalid_code', 'This code is wrong'));
  await user.type(code, '123456');
  await user.click(screen.getByRole('button', { name: 'Log in' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('This code is wrong');
  api.on('POST /login', () => ok(session()));
  await user.click(screen.getByRole('button', { name: 'Use a recovery code' }));
  expect(screen.queryByRole('alert')).toBeNull();
  await user.type(screen.getByLabelText('Recovery code'), 'aaaa-bbbb-cccc-dddd');
  await user.click(screen.getByRole('button', { name: 'Log in' }));
  expect(await screen.findByText('No servers yet')).toBeVisible();
  expect(api.sent('POST /login').map(({ body }) => (body as { code?: string }).code)).toEqual([
    undefined,
    '123456',
    'aaaa-bbbb-cccc-dddd',
  ]);
});

test('a recovery code may be tried while the codes of the app have to wait', async () => {
  const api = fakeApi({
    ...noSession,
    'POST /login': () => refusal(401, 'second_factor_required', 'A code of your second factor is needed.'),
  });
  const { user } = renderApp('/login');
  await fillIn(user);
  api.on('POST /login', () =>
    refusal(429, 'rate_limited', 'Too many attempts', {}, { 'retry-after': '7200' }),
  );
  await user.type(await screen.findByLabelText('Code of your app'), '123456');
  await user.click(screen.getByRole('button', { name: 'Log in' }));
  expect(await screen.findByRole('button', { name: /Try again in (2 h|1 h 59 min)/ })).toBeDisabled();
  await user.click(screen.getByRole('button', { name: 'Use a recovery code' }));
  expect(screen.getByRole('button', { name: 'Log in' })).toBeEnabled();
  await user.click(screen.getByRole('button', { name: 'Back' }));
  expect(screen.getByLabelText('Password')).toHaveValue('');
});

test('somebody who is not logged in gets to where they were going after logging in', async () => {
  const api = fakeApi({ ...noSession, 'POST /login': () => ok(session()) });
  emptyList(api);
  const { user, router } = renderApp('/servers/new?from=mail');
  await fillIn(user);
  expect(await screen.findByRole('heading', { name: 'Create server' })).toBeVisible();
  expect(router.state.location.pathname + router.state.location.search).toBe('/servers/new?from=mail');
});

test('a link cannot send somebody elsewhere after logging in', async () => {
  const api = fakeApi({ ...noSession, 'POST /login': () => ok(session()) });
  emptyList(api);
  const { user, router } = renderApp('/login?next=//evil.example/');
  await fillIn(user);
  expect(await screen.findByText('No servers yet')).toBeVisible();
  expect(router.state.location.pathname).toBe('/');
});

test('a reload restores the session without asking', async () => {
  const api = fakeApi();
  emptyList(api);
  renderApp('/');
  expect(await screen.findByText('No servers yet')).toBeVisible();
  expect(api.sent('POST /refresh')).toHaveLength(1);
  expect(api.sent('GET /servers')[0]?.headers.get('authorization')).toBe('Bearer token-1');
});

test('logging out leads to the login page', async () => {
  const api = fakeApi({ 'POST /logout': () => new Response(null, { status: 204 }) });
  emptyList(api);
  const { user, router } = renderApp('/');
  await user.click(await screen.findByRole('button', { name: /account menu/i }));
  await user.click(await screen.findByRole('menuitem', { name: 'Log out' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/login'));
  expect(api.sent('POST /logout')).toHaveLength(1);
});
