import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Operation } from '../../../contract/operations.ts';
import { renderApp } from '../render-app.tsx';
import { buildOperation, buildServer, fakeApi, ok } from '../test-api.ts';

const list = (...items: unknown[]) => ok({ items, nextCursor: null });
type Status = Operation['status'];

describe('several servers that were shut down together', () => {
  /** Shuts down web-1 and so on from the list. */
  async function shutDown(count: number, path = '/') {
    const servers = Array.from({ length: count }, (_, at) => buildServer({ name: `web-${at + 1}` }));
    const operations = servers.map((server) => buildOperation(server, 'shutdown', { status: 'running' }));
    const actions = servers.map((server, at) => [
      `POST /servers/${server.id}/actions`,
      () => ok({ server, operation: operations[at] }, 202),
    ]);
    const api = fakeApi({ 'GET /servers': () => list(...servers), ...Object.fromEntries(actions) });
    const app = renderApp(path);
    await screen.findByText('Live');
    await app.user.click(await screen.findByRole('checkbox', { name: 'Select all that are listed' }));
    await app.user.click(await screen.findByRole('button', { name: 'Shut down' }));
    const dialog = within(await screen.findByRole('dialog'));
    await app.user.click(dialog.getByRole('button', { name: `Shut down ${count} servers` }));
    await app.user.click(await dialog.findByRole('button', { name: 'Done' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    const end = (...statuses: Status[]) => {
      for (const [at, status] of statuses.entries()) api.emit('operation', { ...operations[at], status });
    };
    return { ...app, api, end, servers };
  }

  test('are told of once, when the last of them is over', async () => {
    const { end } = await shutDown(3);
    end('succeeded', 'succeeded', 'running');
    expect(await screen.findByRole('button', { name: 'Operations: 1' })).toBeVisible();
    expect(screen.queryByRole('alert')).toBeNull();
    end('succeeded', 'succeeded', 'succeeded');
    expect(await screen.findByRole('alert')).toHaveTextContent('3 servers are shut down.');
  });

  test('are counted, with a way to the one that failed, and stay away once that was followed', async () => {
    const { api, end, user, router, servers } = await shutDown(4);
    end('succeeded', 'failed', 'succeeded', 'succeeded');
    const message = await screen.findByRole('alert');
    expect(message).toHaveTextContent('3 of 4 servers are shut down; 1 failed.');
    await user.click(within(message).getByRole('link', { name: 'Show web-2' }));
    await waitFor(() => expect(router.state.location.pathname).toBe(`/servers/${servers[1]?.id}`));
    await waitFor(() => expect(screen.queryByText(/3 of 4/)).toBeNull());
    end('succeeded', 'failed', 'succeeded', 'succeeded');
    api.emit('operation', buildOperation(buildServer(), 'start', { status: 'running' }));
    expect(await screen.findByRole('button', { name: 'Operations: 1' })).toBeVisible();
    expect(screen.queryByText(/3 of 4/)).toBeNull();
  });

  test('of which several failed lead to the operation centre, over the list as it is filtered', async () => {
    const { end, user, router } = await shutDown(3, '/?search=web');
    end('failed', 'cancelled', 'succeeded');
    const message = await screen.findByRole('alert');
    expect(message).toHaveTextContent('1 of 3 servers is shut down; 1 failed; 1 was cancelled.');
    await user.click(within(message).getByRole('link', { name: 'Show operations' }));
    expect(router.state.location.search).toBe('?search=web&operations=open');
    expect(await screen.findByText('Nothing is under way.')).toBeVisible();
  });
});

describe('an order', () => {
  beforeEach(() => sessionStorage.clear());

  /** Orders web, or web-1 and so on. */
  async function order(count: number) {
    const operations: Operation[] = [];
    const api = fakeApi({
      'GET /servers': () => list(),
      'POST /servers': ({ body }) => {
        const server = buildServer({ name: (body as { name: string }).name, status: 'provisioning' });
        const operation = buildOperation(server, 'provision');
        operations.push(operation);
        api.on(`GET /servers/${server.id}`, () => ok(server));
        api.on(`GET /servers/${server.id}/operations`, () => list(operation));
        return ok({ server, operation }, 202);
      },
    });
    const app = renderApp('/servers/new?name=web');
    await screen.findByText('Live');
    await app.user.click(await screen.findByRole('radio', { name: 'Small' }));
    await app.user.clear(screen.getByLabelText('How many'));
    await app.user.type(screen.getByLabelText('How many'), String(count));
    await app.user.click(screen.getByRole('button', { name: /^Create (server|\d servers)$/ }));
    await app.user.click(await screen.findByRole('button', { name: 'Create anyway' }));
    await waitFor(() => expect(app.router.state.location.pathname).not.toBe('/servers/new'));
    const become = (...statuses: Status[]) => {
      for (const [at, status] of statuses.entries()) api.emit('operation', { ...operations[at], status });
    };
    return { ...app, become, serverIds: operations.map(({ serverId }) => serverId) };
  }

  test('that is ready is told of with a way there, but for whoever is there', async () => {
    const { become, user, router, serverIds } = await order(1);
    become('succeeded');
    const message = await screen.findByRole('alert');
    expect(message).toHaveTextContent('web is ready.');
    await waitFor(() => expect(within(message).queryByRole('link')).toBeNull());
    await user.click(screen.getAllByRole('link', { name: 'Servers' })[0] as HTMLElement);
    await user.click(await within(message).findByRole('link', { name: 'Show web' }));
    await waitFor(() => expect(router.state.location.pathname).toBe(`/servers/${serverIds[0]}`));
  });

  test('of several is told of once, and of those that needed attention again when they are ready', async () => {
    const { become } = await order(3);
    become('succeeded', 'succeeded');
    become('succeeded', 'succeeded', 'needs_attention');
    const first = '2 of 3 servers are ready; 1 needs attention. Show web-3';
    expect(await screen.findByRole('alert')).toHaveTextContent(first);
    become('succeeded', 'succeeded', 'running');
    become('succeeded', 'succeeded', 'succeeded');
    expect(await screen.findByText(/web-3 is ready/)).toBeVisible();
    expect(screen.getAllByRole('alert').map(({ textContent }) => textContent)).toEqual([
      'web-3 is ready. Show web-3',
    ]);
  });
});
