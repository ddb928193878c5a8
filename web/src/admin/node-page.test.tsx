import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import type { Node } from '../../../contract/nodes.ts';
import { buildOperation, buildServer, ok, refusal, type Handler } from '../test-api.ts';
import { CLUSTER, ID, SINCE, list, openAdmin, silence } from './test-admin.ts';

const NODE: Node = {
  id: ID,
  clusterId: CLUSTER.id,
  cluster: CLUSTER.name,
  name: 'pve1',
  status: 'online',
  acceptsServers: true,
  cores: 32,
  memoryMib: 65_536,
  servers: 2,
  givenVcpus: 4,
  givenMemoryMib: 4_096,
  storages: [{ name: 'local-lvm', kind: 'lvmthin', shared: false, totalMib: 1_048_576, usedMib: 262_144 }],
  templates: ['debian-13'],
  observedAt: SINCE,
};
const IN_MAINTENANCE = { ...NODE, acceptsServers: false };
const CHANGE = `PATCH /admin/nodes/${ID}`;
const target = (node: string, freeMemoryMib: number, obstacle: string | null = null) => ({
  node,
  freeMemoryMib,
  obstacle,
});

const open = (routes: Record<string, Handler> = {}) =>
  openAdmin(`nodes/${ID}`, {
    'GET /admin/nodes': () => list(NODE),
    'GET /servers': () => list(),
    ...routes,
  });

describe('the nodes of a cluster', () => {
  const LABEL = { name: 'Nodes of fra1' };

  test('tell their state, what was given away of them, and that one is in maintenance', async () => {
    openAdmin('clusters', { 'GET /admin/nodes': () => list({ ...IN_MAINTENANCE, status: 'offline' }) });
    const table = within(await screen.findByRole('table', LABEL));
    for (const text of ['offline', 'in maintenance', '4 on 32', '4 GiB of 64 GiB'])
      expect(await table.findByText(text)).toBeVisible();
    expect(table.getByRole('link', { name: 'pve1' })).toHaveAttribute('href', `/admin/nodes/${ID}`);
  });

  test('say when they were last heard of once that is too long ago', async () => {
    openAdmin('clusters', { 'GET /admin/nodes': () => list({ ...NODE, status: 'unknown' }) });
    expect(await screen.findByText(/^last heard of/)).toBeVisible();
  });

  test('are waited for', async () => {
    openAdmin('clusters', { 'GET /admin/nodes': silence });
    expect(await screen.findByRole('table', LABEL)).toHaveAttribute('aria-busy', 'true');
  });

  test('are none until a worker has read them', async () => {
    openAdmin('clusters');
    expect(await screen.findByText('No worker has read its nodes yet.')).toBeVisible();
  });

  test('could not be read: the cluster stays, with the reason', async () => {
    openAdmin('clusters', {
      'GET /admin/nodes': () => refusal(503, 'unavailable', 'Berth cannot reach its database.'),
    });
    expect(await screen.findByText('Berth cannot reach its database.')).toBeVisible();
    expect(screen.getByRole('heading', { name: 'fra1' })).toBeVisible();
  });
});

describe('a node', () => {
  test('is waited for', async () => {
    open({ 'GET /admin/nodes': silence });
    expect(await screen.findByRole('progressbar', { name: 'Loading' })).toBeVisible();
  });

  test('that is not there is not found', async () => {
    open({ 'GET /admin/nodes': () => list({ ...NODE, id: CLUSTER.id }) });
    expect(await screen.findByRole('heading', { level: 1, name: 'There is nothing here' })).toBeVisible();
  });

  test('that could not be read says why, and is read when asked again', async () => {
    const { api, user } = open({
      'GET /admin/nodes': () => refusal(503, 'unavailable', 'Berth cannot reach its database.'),
    });
    const alert = within(await screen.findByRole('alert'));
    expect(alert.getByText('Berth cannot reach its database.')).toBeVisible();
    api.on('GET /admin/nodes', () => list(NODE));
    await user.click(alert.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('heading', { level: 1, name: 'pve1 of fra1' })).toBeVisible();
  });

  test('without servers says so, and has none to move', async () => {
    open({ 'GET /admin/nodes': () => list(IN_MAINTENANCE) });
    expect(await screen.findByRole('heading', { name: 'No server is on this node' })).toBeVisible();
    expect(screen.getByRole('button', { name: 'Move all' })).toBeDisabled();
  });

  test('that still takes servers is not drained', async () => {
    open({ 'GET /servers': () => list(buildServer()) });
    await screen.findByRole('link', { name: 'web-1' });
    const moveAll = screen.getByRole('button', { name: 'Move all' });
    expect(moveAll).toBeDisabled();
    expect(moveAll).toHaveAccessibleDescription(/put the node into maintenance first/);
  });
});

describe('maintenance', () => {
  const findSwitch = () => screen.findByRole('checkbox', { name: 'pve1 is in maintenance' });

  test('begins with one call, and the page shows it', async () => {
    const { api, user } = open({ [CHANGE]: () => ok(IN_MAINTENANCE) });
    const toggle = await findSwitch();
    api.on('GET /admin/nodes', () => list(IN_MAINTENANCE));
    await user.click(toggle);
    await waitFor(() => expect(toggle).toBeChecked());
    expect(api.sent(CHANGE).map(({ body }) => body)).toEqual([{ acceptsServers: false }]);
    expect(screen.getByText('in maintenance')).toBeVisible();
  });

  test('cannot be switched again while nobody answers', async () => {
    const { api, user } = open({ [CHANGE]: silence });
    const toggle = await findSwitch();
    await user.click(toggle);
    await waitFor(() => expect(toggle).toHaveAttribute('aria-busy', 'true'));
    await user.click(toggle);
    expect(api.sent(CHANGE)).toHaveLength(1);
    expect(toggle).toHaveFocus();
  });

  test('that is refused is said, and the node stays as it is', async () => {
    const { user } = open({ [CHANGE]: () => refusal(409, 'conflict', 'Somebody was faster.') });
    const toggle = await findSwitch();
    await user.click(toggle);
    expect(await screen.findByText('Somebody was faster.')).toBeVisible();
    expect(toggle).not.toBeChecked();
  });
});

describe('draining a node', () => {
  const [shop, blog] = [buildServer({ name: 'shop' }), buildServer({ name: 'blog' })];
  const move = ({ id }: typeof shop) => `POST /servers/${id}/migrate`;
  const targets = ({ id }: typeof shop) => `GET /servers/${id}/migration-targets`;
  const accepted = (server: typeof shop) => () =>
    ok({ server, operation: buildOperation(server, 'migrate') }, 202);

  async function drain(routes: Record<string, Handler>) {
    const opened = open({
      'GET /admin/nodes': () => list(IN_MAINTENANCE),
      'GET /servers': () => list(shop, blog),
      ...routes,
    });
    await screen.findByRole('link', { name: 'blog' });
    await opened.user.click(screen.getByRole('button', { name: 'Move all' }));
    const dialog = within(await screen.findByRole('dialog'));
    const submit = dialog.getByRole('button', { name: 'Move all' });
    await opened.user.click(submit);
    return { ...opened, dialog, submit };
  }

  test('moves each of its servers to the node with the most memory free', async () => {
    const { api } = await drain({
      [targets(shop)]: () =>
        list(target('pve2', 1_000), target('pve3', 3_000), target('pve4', 9_000, 'away')),
      [targets(blog)]: () => list(target('pve2', 4_000)),
      [move(shop)]: accepted(shop),
      [move(blog)]: accepted(blog),
    });
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(api.sent(move(shop))[0]?.body).toEqual({ node: 'pve3' });
    expect(api.sent(move(blog))[0]?.body).toEqual({ node: 'pve2' });
  });

  test('says which servers stay, and why, whatever the others do', async () => {
    const operation = { ...buildOperation(shop, 'stop'), step: null, stepTitle: null, percent: null };
    const { api, dialog } = await drain({
      'GET /servers': () => list(shop, blog, buildServer({ name: 'busy', operation })),
      [targets(shop)]: () => list(target('pve2', 1_000, 'pve2 is offline')),
      [targets(blog)]: () => list(target('pve2', 4_000)),
      [move(blog)]: () => refusal(409, 'server_busy', 'Another operation is under way.'),
    });
    for (const reason of [
      /pve2 is offline/,
      /Another operation is under way/,
      /Something is being done to it/,
    ])
      expect(await dialog.findByText(reason)).toBeVisible();
    expect(api.sent(move(shop))).toHaveLength(0);
  });

  test('is ordered once, and tells how far it is while an answer is missing', async () => {
    const { api, dialog, submit } = await drain({
      [targets(shop)]: () => list(target('pve2', 1_000)),
      [targets(blog)]: silence,
      [move(shop)]: accepted(shop),
    });
    expect(await dialog.findByText('1 move ordered.')).toBeVisible();
    expect(submit).toBeDisabled();
    expect(api.sent(move(shop))).toHaveLength(1);
  });

  test('orders nothing when the servers cannot be read, and says so', async () => {
    const { api, dialog } = await drain({
      'GET /servers': ({ query }) =>
        query.get('limit') === '100'
          ? refusal(503, 'unavailable', 'Berth cannot reach its database.')
          : list(shop, blog),
    });
    expect(await dialog.findByText('Berth cannot reach its database.')).toBeVisible();
    expect(api.requests.filter(({ path }) => path.endsWith('/migrate'))).toHaveLength(0);
  });
});
