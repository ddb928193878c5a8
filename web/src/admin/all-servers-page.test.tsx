import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { buildOperation, buildServer, ok } from '../test-api.ts';
import { ATTENTION, list, openAdmin } from './test-admin.ts';

const shop = buildServer({ name: 'shop-1' });
const blog = buildServer({ name: 'blog-1' });

test('servers are found by terms', async () => {
  const { api, user } = openAdmin('servers', { 'GET /servers': () => list(shop) });
  await user.type(await screen.findByLabelText('Search servers'), 'status:running node:pve1');
  await waitFor(() =>
    expect(api.sent('GET /servers').map(({ query }) => query.get('q'))).toContain('status:running node:pve1'),
  );
});

test('a term that is not understood is named, and asked of nobody', async () => {
  const { api } = openAdmin('servers?q=color%3Ared', { 'GET /servers': () => list(shop) });
  const alert = await screen.findByRole('alert');
  expect(alert).toHaveTextContent(/color:red: there is no color:/);
  expect(screen.getByLabelText('Search servers')).toBeInvalid();
  expect(api.sent('GET /servers')).toHaveLength(0);
});

test('a change is shown as soon as it is told', async () => {
  const { api } = openAdmin('servers?q=shop', { 'GET /servers': () => list(shop) });
  const table = within(await screen.findByRole('table', { name: 'Servers' }));
  await table.findByText('Running');
  api.emit('server', { ...shop, status: 'stopped', powerState: 'stopped' });
  expect(await table.findByText('Stopped')).toBeVisible();
});

test('the numbers beside the pages follow events', async () => {
  const { api } = openAdmin('servers', { 'GET /servers': () => list(shop) });
  await screen.findByText('shop-1');
  const before = api.sent('GET /admin/attention').length;
  api.emit('operation', buildOperation(shop, 'reboot', { status: 'needs_attention' }));
  await waitFor(() => expect(api.sent('GET /admin/attention').length).toBeGreaterThan(before), {
    timeout: 5_000,
  });
});

test('several are switched at once', async () => {
  const { api, user } = openAdmin('servers', {
    'GET /servers': () => list(shop, blog),
    [`POST /servers/${shop.id}/actions`]: () =>
      ok({ server: shop, operation: buildOperation(shop, 'reboot') }, 202),
    [`POST /servers/${blog.id}/actions`]: () =>
      ok({ server: blog, operation: buildOperation(blog, 'reboot') }, 202),
  });
  await user.click(await screen.findByRole('checkbox', { name: 'Select shop-1' }));
  await user.click(screen.getByRole('checkbox', { name: 'Select blog-1' }));
  const bar = within(screen.getByRole('region', { name: 'Selected servers' }));
  await user.click(bar.getByRole('button', { name: 'Reboot' }));
  await user.click(await screen.findByRole('button', { name: 'Reboot 2 servers' }));
  expect(await screen.findByText('2 of 2 accepted.')).toBeVisible();
  expect(api.sent(`POST /servers/${blog.id}/actions`)[0]?.body).toEqual({ action: 'reboot' });
});

test('those that could not be seen are counted and found with a click', async () => {
  const { api, user } = openAdmin('servers', {
    'GET /servers': () => list(shop),
    'GET /admin/attention': () => ok({ ...ATTENTION, unknownServers: 2 }),
  });
  expect(await screen.findByText(/^2 servers could not be seen/)).toBeVisible();
  await user.click(screen.getByRole('link', { name: 'Show them only' }));
  await waitFor(() => expect(api.sent('GET /servers').at(-1)?.query.get('q')).toBe('status:unknown'));
  expect(screen.queryByText(/could not be seen/)).toBeNull();
});

test('a search that is not understood keeps nobody on the page', async () => {
  const { user } = openAdmin('servers', {
    'GET /servers': () => list(shop),
    'GET /admin/drift': () => list(),
  });
  const field = await screen.findByLabelText('Search servers');
  await user.type(field, 'color:red');
  await screen.findByRole('alert');
  await user.click(screen.getByRole('link', { name: 'Differences' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'Differences' })).toBeVisible();
});
