import { screen, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, USER, buildServer, ok, refusal } from '../test-api.ts';
import {
  DRIFT,
  ORPHAN,
  UNCLAIMED_VM,
  POOL,
  TEMPLATE_ROW,
  SINCE,
  ID,
  CLUSTER,
  COMPARED,
  MANAGED_ACCOUNT,
  MANAGED_PLAN,
  list,
  openAdmin,
  silence,
} from './test-admin.ts';

interface ListPage {
  path: string;
  /** What the table is called. */
  label: string;
  route: string;
  row: object;
  /** What the row shows. */
  shows: string;
  /** What is said instead of an empty table. */
  empty: string;
}

const PAGES: ListPage[] = [
  {
    path: 'truth',
    label: 'Differences',
    route: 'GET /admin/drift',
    row: DRIFT,
    shows: '4096',
    empty: 'No differences',
  },
  {
    path: 'orphans',
    label: 'Orphans',
    route: 'GET /admin/orphans',
    row: ORPHAN,
    shows: 'local-lvm:vm-100042-disk-0',
    empty: 'No orphans',
  },
  {
    path: 'servers',
    label: 'Servers',
    route: 'GET /servers',
    row: buildServer({ name: 'shop-1' }),
    shows: 'shop-1',
    empty: 'No servers yet',
  },
  {
    path: `clusters/${CLUSTER.id}/adopt`,
    label: 'VMs without a server',
    route: `GET /admin/clusters/${CLUSTER.id}/unclaimed-vms`,
    row: UNCLAIMED_VM,
    shows: 'legacy',
    empty: 'Every VM belongs to a server',
  },
  {
    path: 'pools',
    label: 'IP pools',
    route: 'GET /admin/pools',
    row: POOL,
    shows: '3 of 100',
    empty: 'No pools yet',
  },
  {
    path: 'migrations',
    label: 'Migrations',
    route: 'GET /admin/migration-runs',
    row: {
      id: ID,
      source: 'whmcs',
      sourceLabel: 'billing.example.net',
      dryRun: true,
      status: 'running',
      phase: 'people',
      pauseRequested: false,
      cause: null,
      progress: [{ entity: 'user', total: 10, read: 5, loaded: 4, quarantined: 1 }],
      createdAt: SINCE,
      startedAt: SINCE,
      finishedAt: null,
    },
    shows: 'users: 5 of 10 read, 4 loaded, 1 quarantined',
    empty: 'No migration yet',
  },
  {
    path: 'plans',
    label: 'Plans',
    route: 'GET /admin/plans',
    row: MANAGED_PLAN,
    shows: 'Small',
    empty: 'No plans yet',
  },
  {
    path: 'templates',
    label: 'Templates',
    route: 'GET /admin/templates',
    row: TEMPLATE_ROW,
    shows: 'none: cannot be ordered',
    empty: 'No templates yet',
  },
  {
    path: 'users',
    label: 'Users',
    route: 'GET /admin/users',
    row: {
      id: USER.id,
      email: USER.email,
      name: USER.name,
      role: 'customer',
      hasPassword: false,
      hasTwoFactor: false,
      passkeys: 0,
      disabledAt: null,
      lastSeenAt: null,
      createdAt: SINCE,
      accounts: [ACCOUNT],
    },
    shows: 'no password yet',
    empty: 'No user matches',
  },
  {
    path: 'accounts',
    label: 'Accounts',
    route: 'GET /admin/accounts',
    row: MANAGED_ACCOUNT,
    shows: '3 of 10',
    empty: 'No account matches',
  },
];

describe.each(PAGES)('the page $path', ({ path, label, route, row, shows, empty }) => {
  test('shows its rows', async () => {
    openAdmin(path, { [route]: () => list(row) });
    const table = within(await screen.findByRole('table', { name: label }));
    expect(await table.findByText(shows)).toBeVisible();
  });

  test('is busy until they come', async () => {
    openAdmin(path, { [route]: silence });
    expect(await screen.findByRole('table', { name: label })).toHaveAttribute('aria-busy', 'true');
  });

  test('says that there are none', async () => {
    openAdmin(path, { [route]: () => list() });
    expect(await screen.findByRole('heading', { name: empty })).toBeVisible();
  });

  test('says why they could not be read, and reads them when asked again', async () => {
    const { api, user } = openAdmin(path, {
      [route]: () => refusal(503, 'unavailable', 'Berth cannot reach its database.', { requestId: 'r-1' }),
    });
    const alert = within(await screen.findByRole('alert'));
    expect(alert.getByText('Berth cannot reach its database.')).toBeVisible();
    expect(alert.getByText('r-1')).toBeVisible();
    api.on(route, () => list(row));
    await user.click(alert.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText(shows)).toBeVisible();
  });
});

test('a list goes on where its first page ends', async () => {
  const rows = ['one', 'two'].map((name, index) => ({ ...MANAGED_PLAN, id: `${ID}-${index}`, name }));
  const { user } = openAdmin('plans', {
    'GET /admin/plans': ({ query }) =>
      query.get('cursor') === 'next' ? list(rows[1]) : ok({ items: [rows[0]], nextCursor: 'next' }),
  });
  await user.click(await screen.findByRole('button', { name: 'Load more' }));
  expect(await screen.findByText('two')).toBeVisible();
  expect(screen.getByText('one')).toBeVisible();
});

test.each(['truth', 'orphans'])('the page %s claims nothing before there was a comparison', async (path) => {
  openAdmin(path, {
    [path === 'truth' ? 'GET /admin/drift' : 'GET /admin/orphans']: () => list(),
    'GET /admin/reconcile': () => list({ ...COMPARED, lastRun: null }),
  });
  expect(await screen.findByRole('heading', { name: 'Not known yet' })).toBeVisible();
});

test('a comparison of one server is not one of several', async () => {
  openAdmin('truth', { 'GET /admin/drift': () => list() });
  expect(await screen.findByText(/· 1 server read/)).toBeVisible();
});

test('nobody but an administrator meets these pages', async () => {
  openAdmin('plans', { 'POST /refresh': () => ok({ accessToken: 'x', expiresIn: 900, user: USER }) });
  expect(await screen.findByRole('heading', { level: 1, name: 'There is nothing here' })).toBeVisible();
});

test('a quarantine says until when', async () => {
  openAdmin('orphans', {
    'GET /admin/orphans': () =>
      list({ ...ORPHAN, state: 'quarantined', quarantinedUntil: '2040-05-06T12:00:00Z' }),
  });
  expect(await screen.findByText(/^until/)).toHaveTextContent(/2040/);
});

test('orphans of a state of which there are none are not said to be none at all', async () => {
  openAdmin('orphans?state=dismissed', { 'GET /admin/orphans': () => list() });
  expect(await screen.findByRole('heading', { name: 'No orphan is in this state' })).toBeVisible();
});

test('VMs that are not listed are told of, and there is a way back to the clusters', async () => {
  openAdmin(`clusters/${CLUSTER.id}/adopt`, {
    [`GET /admin/clusters/${CLUSTER.id}/unclaimed-vms`]: () =>
      ok({ items: [UNCLAIMED_VM], nextCursor: null, total: 300 }),
  });
  expect(await screen.findByText(/^These are the first 1 of 300/)).toBeVisible();
  const links = screen.getAllByRole('link', { name: 'Clusters' });
  expect(links.map((link) => link.getAttribute('href'))).toEqual(['/admin/clusters', '/admin/clusters']);
});
