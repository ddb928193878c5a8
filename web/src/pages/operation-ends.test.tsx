import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import type { OperationType } from '../../../contract/operation-table.ts';
import type { Operation } from '../../../contract/operations.ts';
import type { Server } from '../../../contract/servers.ts';
import { summarize } from '../live-cache.ts';
import { renderApp } from '../render-app.tsx';
import { logOut } from '../session.ts';
import { PLAN, USER, buildOperation, buildServer, fakeApi, ok, session } from '../test-api.ts';

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1_000).toISOString();
const OBSERVED = {
  at: ago(30),
  missingSince: null,
  lock: null,
  uptimeSeconds: 3_900,
  cpu: 0.126,
  memoryUsedMib: 512,
  diskReadBytes: null,
  diskWrittenBytes: null,
  netInBytes: null,
  netOutBytes: null,
  agentAddresses: null,
  agentSeenAt: null,
};

beforeEach(() => sessionStorage.clear());

async function open(server: Server, type: OperationType, route: string, path = `/servers/${server.id}`) {
  const operation = buildOperation(server, type);
  const busy = { ...server, operation: summarize(operation) };
  const api = fakeApi({
    'GET /servers': () => ok({ items: [server], nextCursor: null }),
    'GET /plans': () => ok({ items: [PLAN, { ...PLAN, id: 'large', name: 'Large' }], nextCursor: null }),
    [`GET /servers/${server.id}`]: () => ok(server),
    [`GET /servers/${server.id}/operations`]: () => ok({ items: [], nextCursor: null }),
    [route]: () => ok({ server: busy, operation }, 202),
  });
  const app = renderApp(path);
  await screen.findByText('Live');
  return { api, operation, ...app };
}

async function reboot({ user }: Pick<Awaited<ReturnType<typeof open>>, 'user'>) {
  await user.click(await screen.findByRole('button', { name: 'Reboot' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Reboot web-1?' }));
  await user.click(dialog.getByRole('button', { name: 'Reboot' }));
  await screen.findByRole('region', { name: 'Latest operation' });
}

const openToReboot = async (server = buildServer()) =>
  open(server, 'reboot', `POST /servers/${server.id}/actions`);

test('the end of an operation that was asked for here is told, also on another page', async () => {
  const app = await openToReboot();
  await reboot(app);
  await app.user.click(screen.getAllByRole('link', { name: 'Servers' })[0] as HTMLElement);
  await screen.findByRole('heading', { name: 'Servers' });
  expect(screen.queryByText(/“Reboot” is done/)).toBeNull();
  app.api.emit('operation', { ...app.operation, status: 'succeeded', finishedAt: ago(0) });
  expect(await screen.findByRole('alert')).toHaveTextContent('web-1: “Reboot” is done.');
});

test('a failure is told as one, and what somebody else has asked for is not told', async () => {
  const app = await openToReboot();
  await reboot(app);
  const other = buildOperation(buildServer({ name: 'db-1' }), 'start', { status: 'running' });
  app.api.emit('operation', other);
  app.api.emit('operation', { ...other, status: 'succeeded' });
  app.api.emit('operation', { ...app.operation, status: 'failed', finishedAt: ago(0) });
  expect(await screen.findByText('web-1: “Reboot” has failed.')).toBeInTheDocument();
  expect(screen.queryByText(/db-1/)).toBeNull();
});

test('an operation that needs attention is told so once, and its end takes the place of that', async () => {
  const app = await openToReboot();
  await reboot(app);
  const waiting = { ...app.operation, status: 'needs_attention' as const };
  for (const cancelRequested of [false, true]) app.api.emit('operation', { ...waiting, cancelRequested });
  expect(await screen.findAllByText('web-1: “Reboot” needs attention.')).toHaveLength(1);
  app.api.emit('operation', { ...waiting, status: 'running' });
  app.api.emit('operation', { ...waiting, status: 'succeeded', finishedAt: ago(0) });
  expect(await screen.findByText('web-1: “Reboot” is done.')).toBeInTheDocument();
  expect(screen.getAllByRole('alert')).toHaveLength(1);
});

type App = Awaited<ReturnType<typeof open>>;

/** What the API answers about the operation from now on. */
const become = ({ api, operation }: App, status: Operation['status']) =>
  api.on(`GET /operations/${operation.id}`, () => ok({ ...operation, status }));

/** Leaves the page as a reload does. */
function leave(): void {
  window.dispatchEvent(new Event('pagehide'));
  cleanup();
}

const kept = () => sessionStorage.getItem('berth.ends');

async function comeBack(): Promise<void> {
  renderApp('/');
  await screen.findByText('Live');
}

/** When all that was to be told after the page was loaded has been told. */
const isRead = ({ api, operation }: App) =>
  waitFor(() => expect(api.sent(`GET /operations/${operation.id}`)).not.toHaveLength(0));

test('an end that comes after the tab was loaded anew is told once', async () => {
  const app = await openToReboot();
  await reboot(app);
  leave();
  become(app, 'running');
  await comeBack();
  await isRead(app);
  app.api.emit('operation', { ...app.operation, status: 'succeeded' });
  expect(await screen.findByText('web-1: “Reboot” is done.')).toBeInTheDocument();
  leave();
  expect(kept()).toBeNull();
});

test('an end that came while the tab was being loaded is told', async () => {
  const app = await openToReboot();
  await reboot(app);
  leave();
  become(app, 'succeeded');
  await comeBack();
  expect(await screen.findByText('web-1: “Reboot” is done.')).toBeInTheDocument();
});

test('that it needs attention is not told again after the tab was loaded anew, but its end is', async () => {
  const app = await openToReboot();
  await reboot(app);
  app.api.emit('operation', { ...app.operation, status: 'needs_attention' });
  await screen.findByText('web-1: “Reboot” needs attention.');
  leave();
  become(app, 'needs_attention');
  await comeBack();
  await isRead(app);
  app.api.emit('operation', { ...app.operation, status: 'failed' });
  expect(await screen.findByText('web-1: “Reboot” has failed.')).toBeInTheDocument();
  expect(screen.getAllByRole('alert')).toHaveLength(1);
});

test('a copy of the tab has nothing to tell', async () => {
  const app = await openToReboot();
  await reboot(app);
  expect(kept()).toBeNull();
  leave();
  expect(kept()).toContain(app.operation.id);
  become(app, 'running');
  await comeBack();
  await isRead(app);
  expect(kept()).toBeNull();
});

test('a page that comes back as it was goes on telling', async () => {
  const app = await openToReboot();
  await reboot(app);
  window.dispatchEvent(new Event('pagehide'));
  window.dispatchEvent(new Event('pageshow'));
  app.api.emit('operation', { ...app.operation, status: 'succeeded' });
  expect(await screen.findByText('web-1: “Reboot” is done.')).toBeInTheDocument();
});

test('what is gone when the tab is loaded anew is forgotten', async () => {
  const app = await openToReboot();
  await reboot(app);
  leave();
  await comeBack();
  await isRead(app);
  app.api.emit('operation', buildOperation(buildServer(), 'start', { status: 'running' }));
  expect(await screen.findByRole('button', { name: 'Operations: 1' })).toBeVisible();
  expect(app.api.sent(`GET /operations/${app.operation.id}`)).toHaveLength(1);
});

test('another user is told nothing of it after a reload', async () => {
  const app = await openToReboot();
  await reboot(app);
  leave();
  app.api.on('POST /refresh', () => ok({ ...session(), user: { ...USER, id: 'another' } }));
  await comeBack();
  await waitFor(() => expect(kept()).toBeNull());
  expect(app.api.sent(`GET /operations/${app.operation.id}`)).toHaveLength(0);
});

test('what was asked for is forgotten with the logout', async () => {
  const app = await openToReboot();
  await reboot(app);
  app.api.on('POST /logout', () => new Response(null, { status: 204 }));
  await logOut();
  leave();
  expect(kept()).toBeNull();
});

test('an end that no event told is read from the API', async () => {
  const app = await openToReboot();
  await reboot(app);
  await app.user.click(screen.getAllByRole('link', { name: 'Servers' })[0] as HTMLElement);
  app.api.on(`GET /servers/${app.operation.serverId}/operations`, () => ok({ items: [], nextCursor: null }));
  app.api.on(`GET /operations/${app.operation.id}`, () => ok({ ...app.operation, status: 'succeeded' }));
  app.api.emit('reset', {});
  expect(await screen.findByText('web-1: “Reboot” is done.')).toBeInTheDocument();
});

test('after a reboot the time a server is up is not known until it is measured again', async () => {
  const server = buildServer({ observed: OBSERVED });
  const app = await openToReboot(server);
  const usage = async () => (await screen.findByRole('heading', { name: 'Usage' })).parentElement;
  expect(await usage()).toHaveTextContent('Up for1 h 5 min');
  await reboot(app);
  app.api.emit('operation', { ...app.operation, status: 'succeeded', finishedAt: ago(0) });
  await waitFor(async () => expect(await usage()).toHaveTextContent('Up fornot measured yetRebootjust now'));
  expect(await usage()).not.toHaveTextContent('1 h 5 min');
  app.api.emit('server', { ...server, observed: { ...OBSERVED, at: ago(-1), uptimeSeconds: 3 } });
  await waitFor(async () => expect(await usage()).toHaveTextContent('Up for3 s'));
});

test('whoever changed the plan is led to the restart it waits for', async () => {
  const server = buildServer();
  const app = await open(server, 'resize', `POST /servers/${server.id}/resize`);
  await app.user.click(await screen.findByRole('button', { name: 'Change plan' }));
  const dialog = within(await screen.findByRole('dialog'));
  await app.user.click(await dialog.findByRole('radio', { name: /Large/ }));
  await app.user.click(dialog.getByRole('button', { name: 'Change plan' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  app.api.emit('server', { ...server, restartNeeded: true });
  app.api.emit('operation', { ...app.operation, status: 'succeeded', finishedAt: ago(0) });
  const button = await screen.findByRole('button', { name: 'Reboot now' });
  expect(document.activeElement).toContainElement(button);
  await app.user.tab();
  expect(button).toHaveFocus();
});

test('a change of plan by somebody else takes the focus from nobody', async () => {
  const server = buildServer();
  const app = await open(server, 'resize', `POST /servers/${server.id}/resize`);
  app.api.emit('server', { ...server, restartNeeded: true });
  await screen.findByRole('button', { name: 'Reboot now' });
  expect(document.body).toHaveFocus();
});
