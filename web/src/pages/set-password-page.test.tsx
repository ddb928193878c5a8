import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../render-app.tsx';
import { fakeApi, ok, refusal } from '../test-api.ts';

const TOKEN = 'q3ZkW0f-Token_of_the_link';
const noSession = { 'POST /refresh': () => refusal(401, 'session_expired', 'Log in again') };
const done = { 'POST /password': () => new Response(null, { status: 204 }) };

async function fillIn(user: ReturnType<typeof renderApp>['user'], password: string): Promise<void> {
  await user.type(await screen.findByLabelText('New password'), password);
  await user.click(screen.getByRole('button', { name: 'Set password' }));
}

test('a link sets a password and leads to the login, which says so', async () => {
  const api = fakeApi({ ...noSession, ...done });
  const { user, router } = renderApp(`/set-password#${TOKEN}`);
  await fillIn(user, 'correct horse battery');
  expect(await screen.findByRole('status')).toHaveTextContent('Your password is set. Log in with it.');
  expect(screen.getByLabelText('E-mail')).toBeVisible();
  expect(router.state.location).toMatchObject({ pathname: '/login', search: '', hash: '' });
  expect(api.sent('POST /password')[0]?.body).toEqual({ token: TOKEN, password: 'correct horse battery' });
  expect(api.sent('POST /logout')).toHaveLength(0);
});

test('whoever is logged in is logged out', async () => {
  const api = fakeApi({ ...done, 'POST /logout': () => new Response(null, { status: 204 }) });
  const { user } = renderApp(`/set-password#${TOKEN}`);
  await fillIn(user, 'correct horse battery');
  expect(await screen.findByLabelText('E-mail')).toBeVisible();
  expect(api.sent('POST /logout')).toHaveLength(1);
});

test('a short password is refused at its field without asking the API', async () => {
  const api = fakeApi({ ...noSession, ...done });
  const { user } = renderApp(`/set-password#${TOKEN}`);
  await fillIn(user, 'short');
  const field = screen.getByLabelText('New password');
  expect(field).toBeInvalid();
  expect(field).toHaveFocus();
  expect(field).toHaveAccessibleDescription('Use at least 10 characters');
  expect(api.sent('POST /password')).toHaveLength(0);
  await user.type(field, ' but longer');
  expect(field).toBeValid();
  expect(document.title).toBe('Set your password · Berth');
});

test('what the API says about the password stands at its field, and what was typed stays', async () => {
  const issues = [{ field: 'password', message: 'use something else' }];
  fakeApi({ ...noSession, 'POST /password': () => refusal(422, 'invalid_input', 'No.', { issues }) });
  const { user } = renderApp(`/set-password#${TOKEN}`);
  await fillIn(user, 'correct horse battery');
  const field = await screen.findByLabelText('New password');
  expect(field).toHaveAccessibleDescription('Use something else');
  expect(field).toHaveValue('correct horse battery');
  expect(screen.queryByRole('alert')).toBeNull();
});

test('a link that is of no use any more, or not whole, says what to do', async () => {
  fakeApi({ ...noSession, 'POST /password': () => refusal(410, 'invalid_link', 'Gone') });
  const { user, router } = renderApp(`/set-password#${TOKEN}`);
  await fillIn(user, 'correct horse battery');
  expect(await screen.findByRole('alert')).toHaveTextContent(
    'This link has expired or has been used. Ask for a new one, or ask your provider.',
  );
  expect(screen.queryByLabelText('New password')).toBeNull();
  await router.navigate(`/set-password#${TOKEN}-of-a-newer-link`);
  expect(await screen.findByLabelText('New password')).toBeVisible();
  await router.navigate('/set-password');
  expect(await screen.findByText(/This link is not complete/)).toBeVisible();
});

test('a rate limit and a silent API are said so, and the link can be tried again', async () => {
  const tooMany = () =>
    refusal(429, 'rate_limited', 'Too many attempts.', { detail: 'Try again in 60 seconds.' });
  const api = fakeApi({ ...noSession, 'POST /password': tooMany });
  const { user } = renderApp(`/set-password#${TOKEN}`);
  await fillIn(user, 'correct horse battery');
  expect(await screen.findByRole('alert')).toHaveTextContent('Too many attempts. Try again in 60 seconds.');
  api.on('POST /password', () => Promise.reject(new TypeError('failed to fetch')));
  await user.click(screen.getByRole('button', { name: 'Set password' }));
  expect(await screen.findByText(/Berth does not answer/)).toBeVisible();
  api.on('POST /password', () => ok(null, 200));
  await user.click(screen.getByRole('button', { name: 'Set password' }));
  expect(await screen.findByLabelText('E-mail')).toBeVisible();
});

test('the password can be looked at while it is typed', async () => {
  fakeApi(noSession);
  const { user } = renderApp(`/set-password#${TOKEN}`);
  const field = await screen.findByLabelText('New password');
  expect(field).toHaveAttribute('type', 'password');
  await user.click(screen.getByRole('button', { name: 'Show the password' }));
  expect(field).toHaveAttribute('type', 'text');
  await user.click(screen.getByRole('button', { name: 'Hide the password' }));
  expect(field).toHaveAttribute('type', 'password');
});
