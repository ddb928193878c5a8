import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { Server, ServerObservation } from '../../../contract/servers.ts';
import { summarize } from '../live-cache.ts';
import { renderApp } from '../render-app.tsx';
import { type Handler, USER, buildOperation, buildServer, fakeApi, ok, session } from '../test-api.ts';

function open(server: Server, routes: Record<string, Handler> = {}) {
  const api = fakeApi({
    [`GET /servers/${server.id}`]: () => ok(server),
    [`GET /servers/${server.id}/operations`]: () => ok({ items: [], nextCursor: null }),
    ...routes,
  });
  return { api, ...renderApp(`/servers/${server.id}`) };
}

test('a size that waits for a restart is said, with a reboot at hand', async () => {
  const { user } = open(buildServer({ restartNeeded: true }));
  expect(await screen.findByText(/takes effect after a restart/)).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Reboot now' }));
  expect(await screen.findByRole('dialog', { name: 'Reboot web-1?' })).toBeVisible();
});

test('a server about to be erased can be kept', async () => {
  const deleting = buildServer({ status: 'deleting', deletesAt: '2030-01-02T03:04:05Z' });
  const operation = buildOperation(deleting, 'terminate', { status: 'running' });
  const server = { ...deleting, operation: summarize(operation) };
  const route = `POST /operations/${operation.id}/cancel`;
  const { api, user } = open(server, { [route]: () => ok({ ...operation, cancelRequested: true }, 202) });
  expect(await screen.findByText(/will be erased on .*2030/)).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Keep the server' }));
  await waitFor(() => expect(screen.getByRole('button', { name: 'Keep the server' })).toBeDisabled());
  expect(api.sent(route)).toHaveLength(1);
  expect(screen.getByText(/This server is kept/)).toBeVisible();
});

test('a server in the rescue system says so and how to leave', async () => {
  const server = buildServer({ rescue: true });
  const operation = buildOperation(server, 'leave_rescue');
  const route = `DELETE /servers/${server.id}/rescue`;
  const { api, user } = open(server, { [route]: () => ok({ server, operation }, 202) });
  const notice = await screen.findByText(/is in the rescue system/);
  await user.click(
    within(notice.parentElement as HTMLElement).getByRole('button', { name: 'Leave rescue system' }),
  );
  const dialog = within(await screen.findByRole('dialog', { name: /Leave the rescue system of web-1/ }));
  await user.click(dialog.getByRole('button', { name: 'Leave rescue system' }));
  await waitFor(() => expect(api.sent(route)).toHaveLength(1));
});

const GONE: ServerObservation = {
  at: null,
  missingSince: '2026-01-02T00:00:00Z',
  lock: null,
  uptimeSeconds: null,
  cpu: null,
  memoryUsedMib: null,
  diskReadBytes: null,
  diskWrittenBytes: null,
  netInBytes: null,
  netOutBytes: null,
  agentAddresses: null,
  agentSeenAt: null,
};
const asAdmin = {
  'POST /refresh': () => ok({ ...session(), user: { ...USER, role: 'admin', accounts: [] } }),
};

test('an operator is shown the way on from a server that Proxmox could not be asked about', async () => {
  open(buildServer({ status: 'unknown' }), asAdmin);
  const link = await screen.findByRole('link', { name: 'Test the connection to its cluster.' });
  expect(link).toHaveAttribute('href', '/admin/clusters');
});

test.each([
  ['a customer is told to ask the provider', {}, /Ask your provider what has become of it/],
  ['an operator is shown the orphans', asAdmin, /lists it once two comparisons have missed it/],
])('of a VM that is missing %s', async (_, routes, text) => {
  open(buildServer({ status: 'unknown', observed: GONE }), routes);
  expect(await screen.findByText(text)).toBeVisible();
});

test('the reason of a suspension ends with one full stop', async () => {
  open(buildServer({ status: 'suspended', suspendReason: 'Unpaid invoice.' }));
  expect(await screen.findByText(/has suspended this server: Unpaid invoice\. Ask/)).toBeVisible();
});
