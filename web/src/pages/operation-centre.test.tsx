import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { announceStore } from '../announce.ts';
import { renderApp } from '../render-app.tsx';
import { ACCOUNT, USER, buildOperation, buildServer, fakeApi, ok, refusal, session } from '../test-api.ts';

const list = (...items: unknown[]) => ok({ items, nextCursor: null });
const server = buildServer();
const moving = buildOperation(server, 'reboot', { status: 'running' });
Object.assign(moving.steps[0] ?? {}, {
  state: 'running',
  startedAt: new Date().toISOString(),
  usualSeconds: 20,
});
const inLine = buildOperation(buildServer({ name: 'web-2' }), 'provision', { status: 'running' });
Object.assign(inLine.steps[2] ?? {}, { state: 'running', queue: { position: 3, etaSeconds: 90 } });
const paused = buildOperation(buildServer({ name: 'web-3' }), 'resize', {
  status: 'needs_attention',
  error: { code: 'storage_full', message: 'No room', cause: 'lvcreate: no space', log: ['TASK ERROR'] },
});
const over = buildOperation(buildServer({ name: 'web-4' }), 'start', { status: 'succeeded' });

const answers = (live: unknown[]) => ({
  'GET /servers': () => list(server),
  'GET /operations': ({ query }: { query: URLSearchParams }) =>
    query.get('status') === 'over' ? list(over) : list(...live),
});
const group = async (name: string) => within(await screen.findByRole('region', { name }));

test('every operation stands where it belongs, with what is known of it', async () => {
  fakeApi(answers([moving, inLine, paused]));
  const { user } = renderApp('/');
  await user.click(await screen.findByRole('button', { name: 'Operations: 3, to be looked at: 1' }));
  expect((await group('Running')).getByText(/usually 20 s/)).toBeVisible();
  expect((await group('Queued')).getByText('No. 3 in line, its turn in about 1 min 30 s')).toBeVisible();
  const attention = await group('Needs attention');
  expect(attention.getByText('lvcreate: no space')).toBeVisible();
  expect(attention.getByRole('button', { name: 'Resume' })).toBeEnabled();
  expect((await group('Recent')).getByRole('link', { name: 'web-4' })).toBeVisible();
});

test('a server in the drawer is a way to its page, and the drawer closes', async () => {
  fakeApi(answers([moving]));
  const { user, router } = renderApp('/?operations=open');
  await user.click((await group('Running')).getByRole('link', { name: 'web-1' }));
  await waitFor(() => expect(router.state.location.pathname).toBe(`/servers/${server.id}`));
  await waitFor(() => expect(screen.queryByRole('region', { name: 'Running' })).toBeNull());
});

test('an event moves an operation on, and a reload keeps the drawer open', async () => {
  const api = fakeApi(answers([moving]));
  renderApp('/?operations=open');
  await group('Running');
  await screen.findByText('Live');
  api.emit('operation', { ...moving, status: 'succeeded', finishedAt: new Date().toISOString() });
  expect(await (await group('Recent')).findByRole('link', { name: 'web-1' })).toBeVisible();
  expect(screen.queryByRole('region', { name: 'Running' })).toBeNull();
  expect(screen.getByText('Nothing is under way.')).toBeVisible();
});

test('that it could not be read is said, with a way to try again', async () => {
  const api = fakeApi({
    'GET /servers': () => list(),
    'GET /operations': () => refusal(503, 'unavailable', 'Not now'),
  });
  const { user } = renderApp('/?operations=open');
  expect(await screen.findByText('The operations could not be read')).toBeVisible();
  api.on('GET /operations', () => list());
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('Nothing is under way.')).toBeVisible();
});

test('a viewer is told that they may not decide', async () => {
  const accounts = [{ ...ACCOUNT, role: 'viewer' }];
  fakeApi({
    ...answers([paused]),
    'POST /refresh': () => ok({ ...session(), user: { ...USER, accounts } }),
  });
  renderApp('/?operations=open');
  const attention = await group('Needs attention');
  expect(attention.getByText(/Your role does not allow this/)).toBeVisible();
  expect(attention.queryByRole('button', { name: 'Resume' })).toBeNull();
});

describe('while nobody looks', () => {
  const shown: string[] = [];
  beforeEach(() => {
    shown.length = 0;
    class FakeNotification extends EventTarget {
      static permission = 'granted';
      constructor(title: string, { body }: { body: string }) {
        super();
        shown.push(`${title}: ${body}`);
      }
    }
    vi.stubGlobal('Notification', FakeNotification);
    announceStore.set(true);
    return () => {
      vi.restoreAllMocks();
      announceStore.set(false);
    };
  });

  test('the browser tells once what is over', async () => {
    const api = fakeApi(answers([moving]));
    renderApp('/');
    await screen.findByRole('button', { name: 'Operations: 1' });
    await screen.findByText('Live');
    vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    const ended = { ...moving, status: 'failed', finishedAt: new Date().toISOString() };
    api.emit('operation', ended);
    api.emit('operation', ended);
    await screen.findByRole('button', { name: 'Operations: 0' });
    expect(shown).toEqual(['web-1: Reboot: Failed']);
  });
});
