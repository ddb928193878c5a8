import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { USER, buildServer, ok, refusal, session, type Handler } from '../test-api.ts';
import { PERSON, list, openAdmin, silence } from './test-admin.ts';

const BEGIN = `POST /admin/users/${USER.id}/sessions`;
const END = `DELETE /admin/users/${USER.id}/sessions`;
const ADMIN = { ...USER, id: 'admin', email: 'root@example.org', role: 'admin' as const, accounts: [] };
const acting = () => ok({ ...session('token-of-ada'), user: { ...USER, actingAdmin: ADMIN.email } });

/** Opens the dialog and agrees to it. */
async function signIn(routes: Record<string, Handler>) {
  const opened = openAdmin('users', {
    'POST /refresh': () => ok({ ...session(), user: ADMIN }),
    'GET /admin/users': () => list(PERSON),
    'GET /servers': () => list(buildServer({ name: 'shop-of-ada' })),
    ...routes,
  });
  await opened.user.click(await screen.findByRole('button', { name: `Sign in as ${USER.email}` }));
  const dialog = within(await screen.findByRole('dialog'));
  const submit = dialog.getByRole('button', { name: 'Sign in as this user' });
  await opened.user.click(submit);
  return { ...opened, dialog, submit };
}

test('an administrator sees what the customer sees, under a banner with both names', async () => {
  const { api, router } = await signIn({ [BEGIN]: acting });
  expect(await screen.findByRole('link', { name: 'shop-of-ada' })).toBeVisible();
  expect(router.state.location.pathname).toBe('/');
  const banner = await screen.findByText(/Everything you do is recorded with both names/);
  expect(banner).toHaveTextContent(`You, ${ADMIN.email}, see Berth as ${USER.email} does.`);
  expect(screen.queryByRole('link', { name: 'Admin' })).toBeNull();
  expect(api.sent('GET /servers').at(-1)?.headers.get('authorization')).toBe('Bearer token-of-ada');
});

test('nobody is signed in twice while nobody answers', async () => {
  const { api, user, submit } = await signIn({ [BEGIN]: silence });
  await waitFor(() => expect(submit).toBeDisabled());
  await user.keyboard('{Enter}');
  expect(api.sent(BEGIN)).toHaveLength(1);
});

test('a refusal stands in the dialog, and the administrator stays who they are', async () => {
  const { dialog, router } = await signIn({
    [BEGIN]: () => refusal(409, 'conflict', 'This user has been disabled.', { requestId: 'r-7' }),
  });
  const alert = within(await dialog.findByRole('alert'));
  expect(alert.getByText('This user has been disabled.')).toBeVisible();
  expect(alert.getByText('r-7')).toBeVisible();
  expect(router.state.location.pathname).toBe('/admin/users');
});

test('leaving leads back to the user, and ends the session that was theirs', async () => {
  const { api, user, router } = await signIn({
    [BEGIN]: acting,
    [END]: () => new Response(null, { status: 204 }),
  });
  await user.click(await screen.findByRole('button', { name: 'Leave' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/admin/users'));
  expect(router.state.location.search).toBe(`?search=${encodeURIComponent(USER.email)}`);
  expect(api.sent(END)[0]?.headers.get('authorization')).toBe('Bearer token-1');
  expect(screen.queryByText(/Everything you do is recorded/)).toBeNull();
});

test('leaving that nobody answers can be tried again, and the banner stays meanwhile', async () => {
  const { api, user } = await signIn({ [BEGIN]: acting });
  const leave = await screen.findByRole('button', { name: 'Leave' });
  api.on('POST /refresh', () => refusal(503, 'unavailable', 'Berth cannot reach its database.'));
  await user.click(leave);
  expect(await screen.findByText('Berth cannot reach its database.')).toBeVisible();
  expect(leave).toBeEnabled();
  expect(screen.getByText(/Everything you do is recorded/)).toBeVisible();
});

test('an administrator whose own session is over meanwhile has to log in', async () => {
  const { api, user, router } = await signIn({ [BEGIN]: acting });
  const leave = await screen.findByRole('button', { name: 'Leave' });
  api.on('POST /refresh', () => refusal(401, 'unauthenticated', 'You are not logged in'));
  await user.click(leave);
  await waitFor(() => expect(router.state.location.pathname).toBe('/login'));
});
