import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { singleKeys } from './hooks/use-shortcuts.ts';
import { renderApp } from './render-app.tsx';
import { ACCOUNT, USER, buildServer, fakeApi, ok, session } from './test-api.ts';

const list = (...items: unknown[]) => ok({ items, nextCursor: null });
const server = buildServer();
const open = async (path = '/') => {
  const api = fakeApi({
    'GET /servers': () => list(server),
    [`GET /servers/${server.id}`]: () => ok(server),
    [`GET /servers/${server.id}/operations`]: () => list(),
  });
  const app = renderApp(path);
  await screen.findByRole('heading', { level: 1 });
  return { ...app, api };
};

test('/ goes to the search, from another page too, and types nothing there', async () => {
  const { user, router } = await open('/servers/new');
  await user.keyboard('/');
  await waitFor(() => expect(router.state.location.pathname).toBe('/'));
  await waitFor(() => expect(screen.getByLabelText('Search servers')).toHaveFocus());
  await user.keyboard('g/n');
  expect(screen.getByLabelText('Search servers')).toHaveValue('g/n');
  expect(router.state.location.pathname).toBe('/');
});

test('g n and g s go to the order form and back', async () => {
  const { user, router } = await open();
  await user.keyboard('gn');
  await waitFor(() => expect(router.state.location.pathname).toBe('/servers/new'));
  await user.keyboard('gs');
  await waitFor(() => expect(router.state.location.pathname).toBe('/'));
});

test('? explains the keys and lets those of one character be switched off', async () => {
  const { user } = await open();
  await user.keyboard('?');
  const help = within(await screen.findByRole('dialog', { name: 'Keyboard' }));
  await user.click(help.getByRole('switch', { name: 'Shortcuts of single keys' }));
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await user.keyboard('/');
  expect(screen.getByLabelText('Search servers')).not.toHaveFocus();
  singleKeys.set(true);
});

test('Ctrl K jumps to a server', async () => {
  const { user, router } = await open();
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await screen.findByLabelText('Jump to'), 'web');
  await screen.findByRole('option', { name: /web-1/ });
  await user.keyboard('{Enter}');
  await waitFor(() => expect(router.state.location.pathname).toBe(`/servers/${server.id}`));
  await waitFor(() => expect(screen.queryByLabelText('Jump to')).toBeNull());
});

test('Ctrl K opens no server that does not fit, however late the answer is', async () => {
  const { user, router, api } = await open();
  const other = buildServer({ id: '88888888-8888-4888-8888-888888888888', name: 'newest' });
  api.on('GET /servers', ({ query }) =>
    query.get('search') === 'web' ? new Promise(() => {}) : list(other, server),
  );
  await user.keyboard('{Control>}k{/Control}');
  const field = await screen.findByLabelText('Jump to');
  await user.type(field, 'we');
  await screen.findByRole('option', { name: /newest/ });
  await user.type(field, 'b');
  await waitFor(() => expect(screen.queryByRole('option', { name: /newest/ })).toBeNull());
  await user.keyboard('{Enter}');
  await waitFor(() => expect(router.state.location.pathname).toBe(`/servers/${server.id}`));
});

test('Ctrl K asks before it does something to the server that is looked at', async () => {
  const { user, router } = await open(`/servers/${server.id}`);
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await screen.findByLabelText('Jump to'), 'reboot');
  await user.click(await screen.findByText('Reboot this server'));
  expect(await screen.findByRole('dialog', { name: 'Reboot web-1?' })).toBeVisible();
  expect(router.state.location.state).toBeNull();
});

test('the account chosen in the header filters the list and is ordered for', async () => {
  const other = { id: '77777777-7777-4777-8777-777777777777', name: 'Other Ltd', role: 'admin' };
  const api = fakeApi({
    'GET /servers': () => list(server),
    'POST /refresh': () => ok({ ...session(), user: { ...USER, accounts: [ACCOUNT, other] } }),
  });
  const { user, router } = renderApp('/');
  await user.selectOptions(await screen.findByLabelText('Account'), 'Other Ltd');
  await waitFor(() => expect(router.state.location.search).toBe(`?account=${other.id}`));
  await waitFor(() => expect(api.sent('GET /servers').at(-1)?.query.get('accountId')).toBe(other.id));
  await user.keyboard('{Escape}');
  await router.navigate('/servers/new');
  const summary = await screen.findByRole('complementary', { name: 'Summary' });
  expect(within(summary).getByText('Other Ltd')).toBeVisible();
  await router.navigate('/');
  await waitFor(() => expect(router.state.location.search).toBe(`?account=${other.id}`));
  await user.selectOptions(screen.getByLabelText('Account'), 'All accounts');
  await waitFor(() => expect(router.state.location.search).toBe('?account=all'));
  expect(screen.getByLabelText('Account')).toHaveDisplayValue('All accounts');
});
