import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { OperationType } from '../../../contract/operation-table.ts';
import type { Server } from '../../../contract/servers.ts';
import { summarize } from '../live-cache.ts';
import { renderApp } from '../render-app.tsx';
import { PLAN, buildOperation, buildServer, fakeApi, ok } from '../test-api.ts';

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

test('an operation that needs attention is told so once, and its end after that', async () => {
  const app = await openToReboot();
  await reboot(app);
  const waiting = { ...app.operation, status: 'needs_attention' as const };
  for (const cancelRequested of [false, true]) app.api.emit('operation', { ...waiting, cancelRequested });
  expect(await screen.findAllByText('web-1: “Reboot” needs attention.')).toHaveLength(1);
  app.api.emit('operation', { ...waiting, status: 'running' });
  app.api.emit('operation', { ...waiting, status: 'succeeded', finishedAt: ago(0) });
  expect(await screen.findByText('web-1: “Reboot” is done.')).toBeInTheDocument();
  expect(screen.getAllByText('web-1: “Reboot” needs attention.')).toHaveLength(1);
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
