import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import type { SavedSshKey } from '../../../contract/ssh-keys.ts';
import { accountChoice } from '../account-choice.ts';
import { renderApp } from '../render-app.tsx';
import { ACCOUNT, type Handler, USER, fakeApi, ok, refusal, session } from '../test-api.ts';

const KEY: SavedSshKey = {
  id: '88888888-8888-4888-8888-888888888881',
  accountId: ACCOUNT.id,
  name: 'laptop',
  publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl',
  fingerprint: 'SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  servers: 2,
  createdAt: '2026-01-02T00:00:00Z',
};

function open(routes: Record<string, Handler> = {}) {
  const api = fakeApi({ 'GET /ssh-keys': () => ok({ items: [KEY] }), ...routes });
  return { api, ...renderApp('/account/ssh-keys') };
}
const button = (name: string) => screen.findByRole('button', { name });
beforeEach(() => accountChoice.set(null));
const closed = async () => waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());

test('keys show their fingerprint and how many servers have them', async () => {
  open();
  expect(await screen.findByRole('listitem')).toHaveTextContent(/laptop.*SHA256:abcdef.*2 servers/);
});

test('without keys it says how to get one', async () => {
  open({ 'GET /ssh-keys': () => ok({ items: [] }) });
  expect(await screen.findByText('No SSH keys')).toBeVisible();
});

test('keys that cannot be read say why', async () => {
  open({ 'GET /ssh-keys': () => refusal(503, 'unavailable', 'Berth cannot reach its database.') });
  expect(await screen.findByText('Your SSH keys cannot be shown')).toBeVisible();
});

test('a damaged key is said beside its field; a whole one is added', async () => {
  const { api, user } = open({
    'POST /ssh-keys': () =>
      refusal(422, 'invalid_input', 'Some of the input cannot be used.', {
        issues: [{ field: 'publicKey', message: 'this key is damaged: copy it again' }],
      }),
  });
  await user.click(await button('Add key'));
  const form = within(await screen.findByRole('dialog'));
  await user.click(form.getByLabelText('Public key'));
  await user.paste(KEY.publicKey);
  await user.click(form.getByRole('button', { name: 'Add key' }));
  await waitFor(() =>
    expect(form.getByLabelText('Public key')).toHaveAccessibleDescription(
      'This key is damaged: copy it again',
    ),
  );
  api.on('POST /ssh-keys', () => ok(KEY, 201));
  await user.click(form.getByRole('button', { name: 'Add key' }));
  await closed();
  expect(api.sent('POST /ssh-keys')[1]?.body).toEqual({ publicKey: KEY.publicKey });
});

test('a key is renamed', async () => {
  const { api, user } = open({ [`PATCH /ssh-keys/${KEY.id}`]: () => ok({ ...KEY, name: 'home' }) });
  await user.click(await button('Rename laptop'));
  const form = within(await screen.findByRole('dialog'));
  await user.clear(form.getByLabelText('Name'));
  await user.type(form.getByLabelText('Name'), 'home');
  await user.click(form.getByRole('button', { name: 'Rename' }));
  await closed();
  expect(api.sent(`PATCH /ssh-keys/${KEY.id}`)[0]?.body).toEqual({ name: 'home' });
});

test('a key that is needed at the moment is not deleted, and says why', async () => {
  const { user } = open({
    [`DELETE /ssh-keys/${KEY.id}`]: () =>
      refusal(409, 'invalid_state', 'A server of this account is being built, perhaps with this key.'),
  });
  await user.click(await button('Delete laptop'));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Delete key' }));
  expect(await screen.findByText(/is being built, perhaps with this key/)).toBeVisible();
});

const OTHER = { id: '77777777-7777-4777-8777-777777777777', name: 'Other Ltd' };
const THEIRS = { ...KEY, id: '88888888-8888-4888-8888-888888888882', accountId: OTHER.id, name: 'theirs' };
const asMember = (role: 'viewer' | 'admin'): Record<string, Handler> => ({
  'POST /refresh': () => ok({ ...session(), user: { ...USER, accounts: [ACCOUNT, { ...OTHER, role }] } }),
  'GET /ssh-keys': () => ok({ items: [KEY, THEIRS] }),
});

test('the account chosen in the header shows its keys, and is the one a key is added to', async () => {
  const { api, user } = open({ ...asMember('admin'), 'POST /ssh-keys': () => ok(THEIRS, 201) });
  await user.selectOptions(await screen.findByRole('combobox', { name: 'Account' }), OTHER.name);
  await button('Rename theirs');
  expect(screen.queryByText('laptop')).toBeNull();
  await user.click(await button('Add key'));
  const form = within(await screen.findByRole('dialog'));
  expect(form.getByLabelText('Account')).toHaveDisplayValue(OTHER.name);
  await user.click(form.getByLabelText('Public key'));
  await user.paste(KEY.publicKey);
  await user.click(form.getByRole('button', { name: 'Add key' }));
  await closed();
  expect(api.sent('POST /ssh-keys')[0]?.body).toEqual({ publicKey: KEY.publicKey, accountId: OTHER.id });
});

test('keys of an account one only looks at cannot be changed, nor one be added to it', async () => {
  const { user } = open(asMember('viewer'));
  await button('Rename laptop');
  expect(screen.getByText('theirs')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Rename theirs' })).toBeNull();
  await user.click(await button('Add key'));
  const form = within(await screen.findByRole('dialog'));
  expect(form.getByLabelText('Account')).toHaveDisplayValue(ACCOUNT.name);
  expect(form.queryByRole('option', { name: OTHER.name })).toBeNull();
});
