import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../render-app.tsx';
import { summarize } from '../live-cache.ts';
import { USER, buildOperation, buildServer, fakeApi, ok, refusal } from '../test-api.ts';

const list = (...items: unknown[]) => ok({ items, nextCursor: null });
const rowOf = async (name: string) =>
  (await screen.findByRole('link', { name })).closest('tr') as HTMLElement;

test('a row shows name, plan, address, place and status', async () => {
  fakeApi({ 'GET /servers': () => list(buildServer()) });
  renderApp('/');
  const row = within(await rowOf('web-1'));
  for (const text of ['Running', 'Small', '203.0.113.10', 'Frankfurt', 'pve1']) {
    expect(row.getByText(text)).toBeVisible();
  }
  expect(row.getByRole('button', { name: 'Copy address of web-1' })).toBeVisible();
  expect(document.title).toBe('Servers · Berth');
});

test('an imported server is listed with its host name, and its system where that is known', async () => {
  const imported = { hostname: 'shop.example.net', plan: { id: null, name: 'VPS Power' } };
  const first = buildServer({ ...imported, template: { id: null, name: 'ubuntu-22.04' } });
  const second = buildServer({ ...imported, name: 'web-2', template: { id: null, name: 'Unknown' } });
  fakeApi({ 'GET /servers': () => list(first, second) });
  renderApp('/');
  expect(within(await rowOf('web-1')).getByText('shop.example.net · ubuntu-22.04')).toBeVisible();
  expect(within(await rowOf('web-2')).getByText('shop.example.net')).toBeVisible();
  expect(within(await rowOf('web-2')).queryByText(/Unknown/)).toBeNull();
});

test('an unknown server is shown as unknown, not as stopped', async () => {
  fakeApi({ 'GET /servers': () => list(buildServer({ status: 'unknown' })) });
  renderApp('/');
  const row = within(await rowOf('web-1'));
  expect(row.getByText('Unknown')).toBeVisible();
  expect(row.queryByText('Stopped')).toBeNull();
});

test('a running operation is shown in its row with step and percentage', async () => {
  const server = buildServer({ status: 'provisioning' });
  const operation = buildOperation(server, 'provision', { status: 'running' });
  Object.assign(operation.steps[2] ?? {}, { state: 'running', percent: 42 });
  fakeApi({ 'GET /servers': () => list({ ...server, operation: summarize(operation) }) });
  renderApp('/');
  const row = within(await rowOf('web-1'));
  expect(row.getByText('Copy the template')).toBeVisible();
  expect(row.getByText('42 %')).toBeVisible();
  expect(row.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '42');
});

test('no servers, no match and an error each look like what they are', async () => {
  const api = fakeApi({ 'GET /servers': () => refusal(503, 'unavailable', 'The database is away') });
  const { user } = renderApp('/');
  expect(await screen.findByText('Your servers could not be read')).toBeVisible();
  expect(screen.getByRole('alert')).toHaveTextContent('The database is away');
  api.on('GET /servers', ({ query }) => (query.has('status') ? list() : list(buildServer())));
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await rowOf('web-1');
  await user.selectOptions(screen.getByLabelText('Status'), 'Stopped');
  expect(await screen.findByText('No server matches')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Clear the filter' }));
  await rowOf('web-1');
});

test('search and status live in the address and go to the API', async () => {
  const api = fakeApi({ 'GET /servers': () => list(buildServer()) });
  const { user, router } = renderApp('/?status=running');
  await user.type(await screen.findByLabelText('Search servers'), 'web');
  await waitFor(() => expect(router.state.location.search).toBe('?status=running&search=web'));
  await waitFor(() => expect(api.sent('GET /servers').at(-1)?.query.get('search')).toBe('web'));
  expect(api.sent('GET /servers').at(-1)?.query.get('status')).toBe('running');
});

test('more servers are loaded by cursor', async () => {
  fakeApi({
    'GET /servers': ({ query }) =>
      query.get('cursor') === 'next'
        ? list(buildServer({ name: 'web-2' }))
        : ok({ items: [buildServer()], nextCursor: 'next' }),
  });
  const { user } = renderApp('/');
  await user.click(await screen.findByRole('button', { name: 'Load more' }));
  await rowOf('web-2');
  expect(screen.queryByRole('button', { name: 'Load more' })).toBeNull();
});

test('an event changes the row without reading the list again', async () => {
  const server = buildServer();
  const api = fakeApi({ 'GET /servers': () => list(server) });
  renderApp('/');
  await rowOf('web-1');
  await screen.findByText('Live');
  // The list is read once more when the stream opens, because something may have happened before.
  await waitFor(() => expect(api.sent('GET /servers')).toHaveLength(2));
  api.emit('server', { ...server, status: 'stopped' });
  expect(await screen.findByText('Stopped', { selector: '.status' })).toBeVisible();
  const operation = buildOperation(server, 'start', { status: 'running' });
  Object.assign(operation.steps[0] ?? {}, { state: 'running' });
  api.emit('operation', operation);
  expect(await screen.findByRole('progressbar', { name: 'Starting: Start' })).toBeVisible();
  api.emit('server', buildServer({ name: 'brand-new', createdAt: '2026-02-02T00:00:00Z' }));
  await rowOf('brand-new');
  api.emit('server-deleted', { id: server.id });
  await waitFor(() => expect(screen.queryByRole('link', { name: 'web-1' })).toBeNull());
  expect(api.sent('GET /servers')).toHaveLength(2);
});

test('a lost stream is shown as polling', async () => {
  fakeApi({
    'GET /servers': () => list(buildServer()),
    'GET /events': () => refusal(503, 'unavailable', 'Not now'),
  });
  renderApp('/');
  expect(await screen.findByText('Polling')).toBeVisible();
});

test('an expired token is refreshed silently, once, for all requests', async () => {
  let valid = 'token-1';
  const guarded = (answer: () => Response) => (request: { headers: Headers }) =>
    request.headers.get('authorization') === `Bearer ${valid}`
      ? answer()
      : refusal(401, 'session_expired', 'The token has expired');
  const api = fakeApi();
  api.on(
    'GET /servers',
    guarded(() => list(buildServer())),
  );
  const { user } = renderApp('/');
  await rowOf('web-1');
  valid = 'token-2';
  api.on('POST /refresh', () => ok({ accessToken: 'token-2', expiresIn: 900, user: USER }));
  await user.selectOptions(screen.getByLabelText('Status'), 'Running');
  await waitFor(() => expect(api.sent('POST /refresh')).toHaveLength(2));
  await rowOf('web-1');
  expect(screen.queryByText('Your session has expired')).toBeNull();
});

test('an ended session is taken up again in place, with what was asked for', async () => {
  let isValid = true;
  const api = fakeApi({
    'GET /servers': ({ query }) =>
      isValid
        ? list(buildServer({ name: query.get('status') ? 'filtered' : 'web-1' }))
        : refusal(401, 'session_expired', 'The session has ended'),
    'POST /login': () => {
      isValid = true;
      return ok({ accessToken: 'token-3', expiresIn: 900, user: USER });
    },
  });
  const { user, router } = renderApp('/');
  await rowOf('web-1');
  isValid = false;
  api.on('POST /refresh', () => refusal(401, 'session_expired', 'The session has ended'));
  await user.selectOptions(screen.getByLabelText('Status'), 'Running');
  const dialog = within(await screen.findByRole('dialog', { name: 'Your session has expired' }));
  expect(dialog.getByLabelText('E-mail')).toHaveValue('ada@example.org');
  await user.type(dialog.getByLabelText('Password'), 'secret-secret');
  await user.click(dialog.getByRole('button', { name: 'Log in' }));
  await rowOf('filtered');
  expect(router.state.location.search).toBe('?status=running');
});
