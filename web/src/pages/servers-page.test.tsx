import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, test, vi } from 'vitest';
import { renderApp } from '../render-app.tsx';
import { summarize } from '../live-cache.ts';
import { ACCOUNT, USER, buildOperation, buildServer, fakeApi, ok, refusal, session } from '../test-api.ts';

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

test('the list reads on by itself, and says when that failed', async () => {
  let isDown = true;
  const api = fakeApi({
    'GET /servers': ({ query }) => {
      if (query.get('cursor') !== 'next') return ok({ items: [buildServer()], nextCursor: 'next' });
      return isDown ? refusal(503, 'unavailable', 'Not now') : list(buildServer({ name: 'web-2' }));
    },
  });
  const { user } = renderApp('/');
  const retry = await screen.findByRole('button', { name: 'Try again' });
  expect(screen.getByRole('alert')).toHaveTextContent('could not be read on');
  isDown = false;
  await user.click(retry);
  await rowOf('web-2');
  expect(screen.getByText('2 servers, that is all')).toBeVisible();
  expect(api.sent('GET /servers').some(({ query }) => query.get('limit') === '100')).toBe(true);
});

test('of very many servers only the rows in sight are rendered', async () => {
  const many = Array.from({ length: 10_000 }, (_, index) => buildServer({ name: `many-${index}` }));
  fakeApi({ 'GET /servers': () => list(...many) });
  renderApp('/');
  await rowOf('many-0');
  expect(screen.getByText('10000 servers, that is all')).toBeVisible();
  expect(screen.getByRole('table')).toHaveAttribute('aria-rowcount', '10001');
  expect(screen.getAllByRole('link', { name: /^many-/ }).length).toBeLessThan(60);
});

test('rows that are scrolled to stand in their order, and none takes over the focus of another', async () => {
  const many = Array.from({ length: 1_000 }, (_, index) => buildServer({ name: `many-${index}` }));
  fakeApi({ 'GET /servers': () => list(...many) });
  renderApp('/');
  const scrollTo = async (index: number) => {
    vi.stubGlobal('scrollY', index * 56);
    fireEvent.scroll(window);
    await rowOf(`many-${index}`);
  };
  const named = () => screen.getAllByRole('link', { name: /^many-/ }).map(({ textContent }) => textContent);
  await rowOf('many-0');
  await scrollTo(100);
  screen.getByRole('link', { name: 'many-100' }).focus();
  await scrollTo(130);
  expect(document.body).toHaveFocus();
  await scrollTo(135);
  await waitFor(() => {
    const first = Number(named()[0]?.slice('many-'.length));
    expect(named()).toEqual(named().map((_, at) => `many-${first + at}`));
  });
  expect(await rowOf('many-135')).toHaveAttribute('aria-rowindex', '137');
});

test('a label that is no key=value yet says so, and filters nothing', async () => {
  const api = fakeApi({ 'GET /servers': () => list(buildServer()) });
  const { user } = renderApp('/');
  await user.type(await screen.findByLabelText('Label'), 'prod');
  expect(await screen.findByText('not yet key=value')).toBeVisible();
  await user.type(screen.getByLabelText('Label'), '=1');
  await waitFor(() => expect(api.sent('GET /servers').at(-1)?.query.get('label')).toBe('prod=1'));
  expect(screen.queryByText('not yet key=value')).toBeNull();
});

test('a label is a way to all servers that carry it', async () => {
  const api = fakeApi({
    'GET /servers': () => list(buildServer({ labels: { env: 'prod', tier: 'web', team: 'a' } })),
  });
  const { user, router } = renderApp('/');
  const row = within(await rowOf('web-1'));
  expect(row.getByText('and 1 more')).toBeVisible();
  await user.click(row.getByRole('button', { name: 'env=prod' }));
  await waitFor(() => expect(router.state.location.search).toBe('?label=env%3Dprod'));
  await waitFor(() => expect(api.sent('GET /servers').at(-1)?.query.get('label')).toBe('env=prod'));
  expect(screen.getByLabelText('Label')).toHaveValue('env=prod');
});

test('a column that was hidden stays so in this browser', async () => {
  fakeApi({ 'GET /servers': () => list(buildServer()) });
  const { user } = renderApp('/');
  await rowOf('web-1');
  await user.click(screen.getByRole('button', { name: 'Columns' }));
  await user.click(await screen.findByRole('checkbox', { name: 'Plan' }));
  await waitFor(() => expect(screen.queryByRole('columnheader', { name: 'Plan' })).toBeNull());
  expect(JSON.parse(localStorage.getItem('berth-server-columns') ?? '[]')).not.toContain('plan');
  await user.click(screen.getByRole('checkbox', { name: 'Plan' }));
  expect(screen.getByRole('columnheader', { name: 'Plan' })).toBeVisible();
});

test('filters are saved under a name and come back', async () => {
  fakeApi({ 'GET /servers': () => list(buildServer()) });
  const { user, router } = renderApp('/?status=running&sort=name');
  await rowOf('web-1');
  await user.click(screen.getByRole('button', { name: 'Views' }));
  const name = await screen.findByLabelText('Name of the view');
  await user.type(name, '{enter}');
  await waitFor(() => expect(name).toHaveAccessibleDescription('Enter a name'));
  await user.type(name, 'Up and running{enter}');
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('list', { name: 'Saved views' })).toBeNull());
  await user.selectOptions(screen.getByLabelText('Status'), 'Any status');
  await waitFor(() => expect(router.state.location.search).toBe('?sort=name'));
  await user.click(screen.getByRole('button', { name: 'Views' }));
  const views = within(await screen.findByRole('list', { name: 'Saved views' }));
  await user.click(views.getByRole('button', { name: 'Up and running' }));
  await waitFor(() => expect(router.state.location.search).toContain('status=running'));
});

describe('several servers at once', () => {
  const [up, down, busy] = [
    buildServer({ name: 'up' }),
    buildServer({ name: 'down', status: 'stopped' }),
    buildServer({ name: 'busy' }),
  ];
  const accepted = (server: typeof up) =>
    ok({ server, operation: buildOperation(server, 'reboot', { status: 'running' }) }, 202);
  const open = async () => {
    const app = renderApp('/');
    await app.user.click(await screen.findByRole('checkbox', { name: 'Select all that are listed' }));
    const bar = within(screen.getByRole('region', { name: 'Selected servers' }));
    expect(bar.getByText('3 selected')).toBeVisible();
    await app.user.click(bar.getByRole('button', { name: 'Reboot' }));
    return { ...app, dialog: within(await screen.findByRole('dialog', { name: 'Reboot 3 servers?' })) };
  };

  test('are each asked by themselves, and those that cannot do it are left out', async () => {
    const api = fakeApi({
      'GET /servers': () => list(up, down, busy),
      [`POST /servers/${up.id}/actions`]: () => accepted(up),
      [`POST /servers/${busy.id}/actions`]: () => accepted(busy),
    });
    const { user, dialog } = await open();
    expect(dialog.getByText('The server is not running')).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'Reboot 2 servers' }));
    expect(await dialog.findByText('2 of 2 accepted.')).toBeVisible();
    const keys = [up, busy].map(({ id }) =>
      api.sent(`POST /servers/${id}/actions`)[0]?.headers.get('idempotency-key'),
    );
    expect(new Set(keys).size).toBe(2);
    expect(api.sent(`POST /servers/${down.id}/actions`)).toEqual([]);
    await user.click(dialog.getByRole('button', { name: 'Done' }));
    await waitFor(() => expect(screen.queryByText('3 selected')).toBeNull());
  });

  test('tell which of them refused, and only those are asked again, unclear ones under the same key', async () => {
    let attempt = 0;
    const api = fakeApi({
      'GET /servers': () => list(up, { ...down, status: 'running' }, busy),
      [`POST /servers/${up.id}/actions`]: () => accepted(up),
      [`POST /servers/${down.id}/actions`]: () =>
        (attempt += 1) === 1 ? refusal(503, 'unavailable', 'Not now') : accepted(down),
      [`POST /servers/${busy.id}/actions`]: () =>
        refusal(409, 'server_busy', 'Another operation is under way'),
    });
    const { user, dialog } = await open();
    await user.click(dialog.getByRole('button', { name: 'Reboot 3 servers' }));
    expect(await dialog.findByText('1 of 3 accepted, 2 failed.')).toBeVisible();
    expect(dialog.getByText('Another operation is under way')).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'Try the failed ones again' }));
    expect(await dialog.findByText('2 of 3 accepted, 1 failed.')).toBeVisible();
    const [first, second] = api
      .sent(`POST /servers/${down.id}/actions`)
      .map(({ headers }) => headers.get('idempotency-key'));
    expect(first).toBe(second);
    expect(api.sent(`POST /servers/${up.id}/actions`)).toHaveLength(1);
  });
});

describe('somebody who may not', () => {
  test('order is not offered to', async () => {
    fakeApi({
      'GET /servers': () => list(),
      'POST /refresh': () =>
        ok({ ...session(), user: { ...USER, accounts: [{ ...ACCOUNT, role: 'viewer' }] } }),
    });
    renderApp('/');
    expect(await screen.findByText(/role does not allow ordering/)).toBeVisible();
    expect(screen.queryByRole('link', { name: /Create/ })).toBeNull();
  });

  test('see anything is told so', async () => {
    fakeApi({
      'GET /servers': () => list(),
      'POST /refresh': () => ok({ ...session(), user: { ...USER, accounts: [] } }),
    });
    renderApp('/');
    expect(await screen.findByText('You do not belong to an account yet')).toBeVisible();
  });

  test('look into an account is told so, and gets back to their own', async () => {
    fakeApi({ 'GET /servers': ({ query }) => (query.has('accountId') ? list() : list(buildServer())) });
    const { user } = renderApp('/?account=99999999-9999-4999-8999-999999999999');
    expect(await screen.findByText('You do not belong to this account')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Show your servers' }));
    await rowOf('web-1');
  });
});

test('an event changes the row without reading the list again', async () => {
  const server = buildServer();
  const api = fakeApi({ 'GET /servers': () => list(server) });
  renderApp('/');
  await rowOf('web-1');
  await screen.findByText('Live');
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
  expect(api.sent('GET /servers')).toHaveLength(1);
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
