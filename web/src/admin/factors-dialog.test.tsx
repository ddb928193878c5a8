import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { USER, refusal } from '../test-api.ts';
import { PERSON, list, openAdmin } from './test-admin.ts';

const OWNER = { ...PERSON, hasTwoFactor: true, passkeys: 2 };
const twoFactor = `DELETE /admin/users/${USER.id}/two-factor`;
const passkeys = `DELETE /admin/users/${USER.id}/passkeys`;
const gone = () => new Response(null, { status: 204 });

async function openDialog(person = OWNER) {
  const app = openAdmin('users', {
    'GET /admin/users': () => list(person),
    [twoFactor]: gone,
    [passkeys]: gone,
  });
  await app.user.click(await screen.findByRole('button', { name: `Lost device of ${USER.email}` }));
  const dialog = within(await screen.findByRole('dialog'));
  return { ...app, dialog, submit: dialog.getByRole('button', { name: 'Take away' }) };
}

test('whoever lost a device has both taken away, after their address was typed', async () => {
  const { api, user, dialog, submit } = await openDialog();
  expect(screen.getByText('codes of an app')).toBeVisible();
  expect(screen.getByText('2 passkeys')).toBeVisible();
  expect(submit).toBeDisabled();
  await user.type(dialog.getByLabelText(/to confirm/), USER.email);
  await user.click(submit);
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect([api.sent(twoFactor).length, api.sent(passkeys).length]).toEqual([1, 1]);
  expect(await screen.findByText(/is logged out everywhere/)).toBeInTheDocument();
});

test('one of them may stay, and a refusal is shown', async () => {
  const { api, user, dialog, submit } = await openDialog();
  api.on(passkeys, () => refusal(503, 'unavailable', 'Not now'));
  await user.click(dialog.getByRole('checkbox', { name: /codes of an app/ }));
  await user.type(dialog.getByLabelText(/to confirm/), USER.email);
  await user.click(submit);
  expect(await dialog.findByRole('alert')).toHaveTextContent('Not now');
  expect(api.sent(twoFactor)).toEqual([]);
});

test('a user who has neither is not offered it', async () => {
  openAdmin('users', { 'GET /admin/users': () => list(PERSON) });
  await screen.findByText(USER.email);
  expect(screen.queryByRole('button', { name: /^Lost device/ })).toBeNull();
});
