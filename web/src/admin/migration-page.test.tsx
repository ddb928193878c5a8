import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { MigrationException, MigrationReport } from '../../../contract/migration-runs.ts';
import { ok, refusal, type Handler } from '../test-api.ts';
import { ID, SINCE, list, openAdmin, silence } from './test-admin.ts';

const REPORT = `GET /admin/migration-runs/${ID}`;
const EXCEPTIONS = `${REPORT}/exceptions`;
const RUN: MigrationReport['run'] = {
  id: ID,
  source: 'whmcs',
  sourceLabel: 'billing.example.net',
  dryRun: false,
  status: 'running',
  phase: 'people',
  pauseRequested: false,
  cause: null,
  progress: [{ entity: 'user', total: 10, read: 5, loaded: 4, quarantined: 1 }],
  createdAt: SINCE,
  startedAt: SINCE,
  finishedAt: null,
};
const report = (over: Partial<MigrationReport> = {}): MigrationReport => ({
  run: RUN,
  outcomes: [
    { entity: 'user', outcome: 'migrated', rows: 4 },
    { entity: 'user', outcome: 'quarantined', rows: 1 },
  ],
  reasons: [],
  comparison: null,
  ...over,
});
const REASON: MigrationReport['reasons'][number] = {
  entity: 'user',
  outcome: 'quarantined',
  code: 'email_invalid',
  rows: 1,
  meaning: 'The e-mail address is none.',
  remedy: 'Correct it in WHMCS and run again.',
};
const ROW: MigrationException = {
  entity: 'user',
  sourceId: '42',
  outcome: 'quarantined',
  code: 'email_invalid',
  message: 'ada(at)example.org',
  warnings: [],
  serverId: null,
};

const open = (routes: Record<string, Handler> = {}) =>
  openAdmin(`migrations/${ID}`, { [REPORT]: () => ok(report()), [EXCEPTIONS]: () => list(), ...routes });

test('a run tells its progress and what has become of the rows', async () => {
  open();
  expect(await screen.findByRole('heading', { level: 1, name: 'Run of whmcs' })).toBeVisible();
  for (const text of ['running', /5 of 10 read, 4 loaded/, '4 migrated, 1 quarantined'])
    expect(screen.getByText(text)).toBeVisible();
  expect(screen.getByRole('progressbar', { name: 'users read' })).toHaveAttribute('aria-valuenow', '50');
  expect(screen.getByText('Not compared with the source yet')).toBeVisible();
});

test('a run is waited for', async () => {
  open({ [REPORT]: silence });
  expect(await screen.findByRole('progressbar', { name: 'Loading' })).toBeVisible();
});

test('a run that does not exist is not found', async () => {
  open({ [REPORT]: () => refusal(404, 'not_found', 'Nothing here') });
  expect(await screen.findByRole('heading', { level: 1, name: 'There is nothing here' })).toBeVisible();
});

test('a run that could not be read says why, and is read when asked again', async () => {
  const { api, user } = open({
    [REPORT]: () => refusal(503, 'unavailable', 'Berth cannot reach its database.'),
  });
  const alert = within(await screen.findByRole('alert'));
  expect(alert.getByText('Berth cannot reach its database.')).toBeVisible();
  api.on(REPORT, () => ok(report()));
  await user.click(alert.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'Run of whmcs' })).toBeVisible();
});

test('a run without exceptions says that there is no row to look at', async () => {
  open();
  expect(await screen.findByRole('heading', { name: 'No row to look at' })).toBeVisible();
});

test('its rows are waited for while the report is there', async () => {
  open({ [EXCEPTIONS]: silence });
  expect(await screen.findByRole('table', { name: 'Rows to look at' })).toHaveAttribute('aria-busy', 'true');
});

test('rows that could not be read leave the report standing', async () => {
  open({ [EXCEPTIONS]: () => refusal(503, 'unavailable', 'Berth cannot reach its database.') });
  expect(await screen.findByText('Berth cannot reach its database.')).toBeVisible();
  expect(screen.getByText('4 migrated, 1 quarantined')).toBeVisible();
});

test('a reason narrows the rows down to its own, in the address too', async () => {
  const { api, user, router } = open({
    [REPORT]: () => ok(report({ reasons: [REASON] })),
    [EXCEPTIONS]: () => list(ROW),
  });
  const reasons = within(await screen.findByRole('table', { name: 'Reasons' }));
  expect(reasons.getByText(/^The e-mail address is none. Correct it/)).toBeVisible();
  const toggle = reasons.getByRole('button', { name: 'email_invalid' });
  await user.click(toggle);
  expect(toggle).toHaveAttribute('aria-pressed', 'true');
  await waitFor(() => expect(api.sent(EXCEPTIONS).at(-1)?.query.get('code')).toBe('email_invalid'));
  expect(router.state.location.search).toBe('?code=email_invalid');
  const rows = within(await screen.findByRole('table', { name: 'Rows to look at' }));
  expect(rows.getByText('user 42')).toBeVisible();
  expect(rows.getByText('ada(at)example.org')).toBeVisible();
});

test('a row whose service was migrated leads to its server, and says what its warnings mean', async () => {
  const warning = { ...REASON, entity: 'service', outcome: 'migrated', code: 'vm_stopped' } as const;
  open({
    [REPORT]: () => ok(report({ reasons: [{ ...warning, meaning: 'Its VM does not run.' }] })),
    [EXCEPTIONS]: () =>
      list({
        ...ROW,
        entity: 'service',
        outcome: 'migrated',
        code: null,
        message: null,
        warnings: ['vm_stopped'],
        serverId: ID,
      }),
  });
  const rows = within(await screen.findByRole('table', { name: 'Rows to look at' }));
  expect(await rows.findByRole('link', { name: 'Open its server' })).toHaveAttribute(
    'href',
    `/servers/${ID}`,
  );
  expect(rows.getByText('Its VM does not run.')).toBeVisible();
});

test('a run that has paused says what it met and what to do now', async () => {
  const cause = {
    code: 'source_changed',
    message: 'tblhosting has other columns',
    meaning: 'The source is not what it was.',
    remedy: 'Run again with a new mapping.',
  };
  open({ [REPORT]: () => ok(report({ run: { ...RUN, status: 'paused', cause } })) });
  for (const text of [cause.code, cause.message, cause.meaning, cause.remedy, 'paused'])
    expect(await screen.findByText(text)).toBeVisible();
});

test('a finished run says that every sum agrees, or which does not', async () => {
  const compared = (isEqual: boolean) =>
    report({
      run: { ...RUN, status: 'succeeded', phase: 'done', finishedAt: SINCE },
      comparison: {
        counts: [{ what: 'users', source: '5', berth: '5', isEqual: true }],
        money: [{ what: 'credit in EUR', source: '10.00', berth: '9.99', isEqual }],
        vmsByCluster: [
          { cluster: 'fra1', state: 'bound', total: 3 },
          { cluster: 'fra1', state: 'zombie', total: 1 },
        ],
      },
    });
  const { api, router } = open({ [REPORT]: () => ok(compared(true)) });
  expect(await screen.findByText(/all money agrees to the cent/)).toBeVisible();
  expect(screen.getByText('fra1: 3 bound, 1 zombie')).toBeVisible();
  expect(screen.getByText(/its service is over or was left out/)).toBeVisible();
  api.on(REPORT, () => ok(compared(false)));
  await router.navigate('/admin/migrations');
  await router.navigate(`/admin/migrations/${ID}`);
  expect(await screen.findByText('credit in EUR: 10.00 in the source, 9.99 accounted for')).toBeVisible();
});
