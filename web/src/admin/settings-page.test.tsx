import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ok, refusal, type Handler } from '../test-api.ts';
import { openAdmin } from './test-admin.ts';

const SETTINGS = {
  workflowUi: null,
  publicUrl: 'https://berth.example.net',
  deleteGraceHours: { value: 24, source: 'environment', otherwise: 24, otherSource: 'environment' },
  quarantineHours: { value: 5, source: 'database', otherwise: 72, otherSource: 'default' },
  sessionDays: 30,
};
const open = (routes: Record<string, Handler> = {}) =>
  openAdmin('settings', { 'GET /admin/settings': () => ok(SETTINGS), ...routes });
const change = async (user: ReturnType<typeof open>['user'], title: string) => {
  await user.click(await screen.findByRole('button', { name: `Change: ${title}` }));
  return within(await screen.findByRole('dialog'));
};

test('what holds is shown with who says so', async () => {
  open();
  expect(await screen.findByText('24 hours')).toBeVisible();
  expect(screen.getByText('BERTH_DELETE_GRACE_HOURS')).toBeVisible();
  expect(screen.getByText('set here')).toBeVisible();
  expect(screen.getByText('https://berth.example.net')).toBeVisible();
});

test('an operator sets how long a deletion can be undone', async () => {
  const { api, user } = open({ 'PATCH /admin/settings': () => ok(SETTINGS) });
  const dialog = await change(user, 'Deletions can be undone for');
  expect(dialog.queryByRole('button', { name: /again/ })).toBeNull();
  await user.clear(dialog.getByLabelText('Hours'));
  await user.click(dialog.getByRole('button', { name: 'Save setting' }));
  await waitFor(() =>
    expect(dialog.getByLabelText('Hours')).toHaveAccessibleDescription('Enter 0 to 8760 hours'),
  );
  await user.type(dialog.getByLabelText('Hours'), '0.5');
  await user.click(dialog.getByRole('button', { name: 'Save setting' }));
  await waitFor(() => expect(api.sent('PATCH /admin/settings')[0]?.body).toEqual({ deleteGraceHours: 0.5 }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
});

test('what was set here is given back', async () => {
  const { api, user } = open({ 'PATCH /admin/settings': () => ok(SETTINGS) });
  const dialog = await change(user, 'Orphans are in quarantine for');
  await user.click(dialog.getByRole('button', { name: 'Use the default again: 72 hours' }));
  await waitFor(() => expect(api.sent('PATCH /admin/settings')[0]?.body).toEqual({ quarantineHours: null }));
});

test('a refusal stands beside what was typed', async () => {
  const { user } = open({ 'PATCH /admin/settings': () => refusal(503, 'unavailable', 'Not now.') });
  const dialog = await change(user, 'Orphans are in quarantine for');
  await user.click(dialog.getByRole('button', { name: 'Save setting' }));
  expect(await dialog.findByText('Not now.')).toBeVisible();
  expect(dialog.getByLabelText('Hours')).toHaveValue('5');
});

test('settings that cannot be read say why', async () => {
  open({ 'GET /admin/settings': () => refusal(503, 'unavailable', 'Not now.') });
  expect(await screen.findByText('The settings could not be read')).toBeVisible();
});
