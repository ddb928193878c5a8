import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { ApiToken, OpenSession } from '../../../contract/account.ts';
import { renderApp } from '../render-app.tsx';
import { type Handler, USER, fakeApi, ok, refusal, session } from '../test-api.ts';

const done = () => new Response(null, { status: 204 });
const never = async () => new Promise<Response>(() => undefined);

const SESSION: OpenSession = {
  id: '55555555-5555-4555-8555-555555555551',
  ip: '203.0.113.7',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  isCurrent: true,
  createdAt: '2026-01-02T00:00:00Z',
  lastUsedAt: '2026-01-03T00:00:00Z',
  expiresAt: '2036-02-02T00:00:00Z',
};
const OTHER: OpenSession = {
  ...SESSION,
  id: '55555555-5555-4555-8555-555555555552',
  ip: '198.51.100.9',
  isCurrent: false,
};
const TOKEN: ApiToken = {
  id: '66666666-6666-4666-8666-666666666661',
  name: 'deploy',
  hint: 'berth_a1b2',
  permission: 'operate',
  isStaff: false,
  sources: ['203.0.113.0/24'],
  expiresAt: '2020-01-01T00:00:00Z',
  lastUsedAt: null,
  lastUsedIp: null,
  createdAt: '2026-01-02T00:00:00Z',
};

function open(path: string, routes: Record<string, Handler> = {}, role: 'customer' | 'admin' = 'customer') {
  const user = {
    ...USER,
    role,
    accounts: [{ id: '77777777-7777-4777-8777-777777777777', name: 'Ada Ltd', role: 'owner' as const }],
  };
  const api = fakeApi({
    'POST /refresh': () => ok({ ...session(), user }),
    'GET /users/me/sessions': () => ok({ items: [SESSION, OTHER] }),
    'GET /users/me/two-factor': () => ok({ enabledAt: null, recoveryCodesLeft: 0 }),
    'GET /users/me/passkeys': () => ok({ items: [] }),
    'GET /users/me/tokens': () => ok({ items: [TOKEN] }),
    ...routes,
  });
  return { api, ...renderApp(path) };
}

const issue = (field: string, message: string) => () =>
  refusal(422, 'invalid_input', 'Some of the input cannot be used.', { issues: [{ field, message }] });
const button = (name: string | RegExp) => screen.findByRole('button', { name });
const dialog = async (name: string | RegExp) => within(await screen.findByRole('dialog', { name }));

test('the menu of the user leads to their account', async () => {
  const { user, router } = open('/', { 'GET /servers': () => ok({ items: [], nextCursor: null }) });
  await user.click(await button(/account menu/i));
  await user.click(await screen.findByRole('menuitem', { name: 'API tokens' }));
  expect(await screen.findByRole('heading', { name: 'API tokens' })).toBeVisible();
  expect(router.state.location.pathname).toBe('/account/tokens');
  expect(document.title).toBe('API tokens · Berth');
});

test('a new name is saved and shown everywhere', async () => {
  const { api, user } = open('/account', {
    'PATCH /users/me': ({ body }) => ok({ ...USER, ...(body as object) }),
  });
  const name = await screen.findByLabelText('Name');
  await user.clear(name);
  await user.click(await button('Save'));
  await waitFor(() => expect(name).toHaveAccessibleDescription('Enter a name'));
  expect(api.sent('PATCH /users/me')).toHaveLength(0);
  await user.type(name, 'Ada Lovelace');
  await user.click(await button('Save'));
  expect(await button(/account menu/i)).toHaveTextContent('Ada Lovelace');
  expect(api.sent('PATCH /users/me')[0]?.body).toEqual({ name: 'Ada Lovelace' });
});

test('a wrong present password is said beside its field, and what was typed stays', async () => {
  const { user } = open('/account/security', {
    'POST /users/me/password': issue('currentPassword', 'this is not your present password'),
  });
  await user.type(await screen.findByLabelText('Present password'), 'wrong');
  await user.type(screen.getByLabelText('New password'), 'short');
  await user.click(await button('Change password'));
  expect(screen.getByLabelText('New password')).toHaveAccessibleDescription('Use at least 10 characters');
  await user.type(screen.getByLabelText('New password'), ' but longer');
  await user.click(await button('Change password'));
  await waitFor(() =>
    expect(screen.getByLabelText('Present password')).toHaveAccessibleDescription(
      'This is not your present password',
    ),
  );
  expect(screen.getByLabelText('New password')).toHaveValue('short but longer');
});

test('a changed password is said so, and both fields are empty again', async () => {
  const { user } = open('/account/security', { 'POST /users/me/password': done });
  await user.type(await screen.findByLabelText('Present password'), 'correct horse');
  await user.type(screen.getByLabelText('New password'), 'battery staple');
  await user.click(await button('Change password'));
  expect(await screen.findByText(/Your password is changed/)).toBeVisible();
  expect(screen.getByLabelText('Present password')).toHaveValue('');
});

test('sessions say where, with what, and which is this one', async () => {
  const { api, user } = open('/account/security', {
    [`DELETE /users/me/sessions/${OTHER.id}`]: done,
  });
  const list = within(await screen.findByRole('list', { name: 'Sessions' }));
  const [mine, other] = list.getAllByRole('listitem');
  expect(mine).toHaveTextContent(/Firefox on Linux.*This one.*203\.0\.113\.7/);
  expect(within(mine as HTMLElement).queryByRole('button')).toBeNull();
  expect(other).toHaveTextContent('198.51.100.9');
  api.on('GET /users/me/sessions', () => ok({ items: [SESSION] }));
  await user.click(list.getByRole('button', { name: 'End the session of Firefox on Linux at 198.51.100.9' }));
  await waitFor(() => expect(list.getAllByRole('listitem')).toHaveLength(1));
  expect(screen.queryByRole('button', { name: 'End all others' })).toBeNull();
});

test('sessions that cannot be read are read again on request', async () => {
  const { api, user } = open('/account/security', {
    'GET /users/me/sessions': () => refusal(503, 'unavailable', 'Berth cannot reach its database.'),
  });
  expect(await screen.findByText('Your sessions cannot be shown')).toBeVisible();
  api.on('GET /users/me/sessions', () => ok({ items: [SESSION] }));
  await user.click(await button('Try again'));
  expect(await screen.findByText('Firefox on Linux')).toBeVisible();
});

test('a slow answer shows that it is being waited for', async () => {
  open('/account/security', { 'GET /users/me/sessions': never });
  expect(await screen.findByLabelText('Loading the sessions')).toBeVisible();
});

test('two-factor authentication is set up by password, app and recovery codes', async () => {
  const codes = Array.from({ length: 10 }, (_, index) => `aaaa-bbbb-cccc-${2000 + index}`);
  const { api, user } = open('/account/security', {
    'POST /users/me/two-factor': () =>
      ok({ secret: 'JBSWY3DPEHPK3PXP', uri: 'otpauth://totp/Berth:ada?secret=JBSWY3DPEHPK3PXP' }),
    'POST /users/me/two-factor/confirm': issue('code', 'this is not the code the app shows now'),
  });
  await user.click(await button('Set up'));
  await user.type((await dialog(/Set up/)).getByLabelText('Your password'), 'correct horse');
  await user.click(await button('Continue'));
  expect(await screen.findByRole('img', { name: 'QR code for your app' })).toBeVisible();
  expect(screen.getByText('JBSW Y3DP EHPK 3PXP')).toBeVisible();
  const code = screen.getByLabelText('Code your app shows now');
  await user.type(code, '123 456');
  await user.click(await button('Turn on'));
  await waitFor(() => expect(code).toHaveAccessibleDescription('This is not the code the app shows now'));
  api.on('POST /users/me/two-factor/confirm', () => ok({ recoveryCodes: codes }));
  api.on('GET /users/me/two-factor', () => ok({ enabledAt: '2026-01-02T00:00:00Z', recoveryCodesLeft: 10 }));
  await user.click(await button('Turn on'));
  expect(
    within(await screen.findByRole('list', { name: 'Recovery codes' })).getAllByRole('listitem'),
  ).toHaveLength(10);
  const kept = screen.getByLabelText('I have kept them in a safe place');
  await user.click(await button('Done'));
  await waitFor(() => expect(kept).toHaveFocus());
  expect(kept).toHaveAccessibleDescription('Keep them, then tick this');
  await user.click(kept);
  await user.click(await button('Done'));
  expect(await screen.findByText(/10 of 10 recovery codes left/)).toBeVisible();
});

test('running out of recovery codes is said, and turning it off takes the password', async () => {
  const { api, user } = open('/account/security', {
    'GET /users/me/two-factor': () => ok({ enabledAt: '2026-01-02T00:00:00Z', recoveryCodesLeft: 2 }),
    'POST /users/me/two-factor/disable': issue('password', 'this is not your present password'),
  });
  expect(await screen.findByText(/You are running out of recovery codes/)).toBeVisible();
  await user.click(await button('Turn off'));
  const form = await dialog('Turn off two-factor authentication');
  await user.click(form.getByRole('button', { name: 'Turn off' }));
  await waitFor(() => expect(form.getByLabelText('Your password')).toHaveFocus());
  expect(form.getByLabelText('Your password')).toHaveAccessibleDescription('Enter your password');
  await user.type(form.getByLabelText('Your password'), 'wrong');
  await user.click(form.getByRole('button', { name: 'Turn off' }));
  await waitFor(() => expect(form.getByLabelText('Your password')).toBeInvalid());
  api.on('POST /users/me/two-factor/disable', done);
  await user.click(form.getByRole('button', { name: 'Turn off' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
});

test('a token is made for a purpose and shown once', async () => {
  const token = `berth_${'x'.repeat(43)}`;
  const { api, user } = open('/account/tokens', {
    'GET /users/me/tokens': () => ok({ items: [] }),
    'POST /users/me/tokens': () => ok({ ...TOKEN, token }, 201),
  });
  expect(await screen.findByText('No API tokens')).toBeVisible();
  await user.click(await button('Create token'));
  const form = await dialog('Create API token');
  expect(form.queryByLabelText(/For administration/)).toBeNull();
  await user.type(form.getByLabelText('Name'), 'deploy');
  await user.click(form.getByLabelText(/^Operate/));
  await user.selectOptions(form.getByLabelText('Expires'), 'Never');
  await user.type(form.getByLabelText(/From these addresses only/), '203.0.113.0/24');
  await user.click(form.getByRole('button', { name: 'Create token' }));
  expect(await screen.findByText(token)).toBeVisible();
  expect(api.sent('POST /users/me/tokens')[0]?.body).toEqual({
    name: 'deploy',
    permission: 'operate',
    isStaff: false,
    sources: ['203.0.113.0/24'],
  });
  await user.click(await button('Done'));
  await waitFor(() => expect(screen.queryByText(token)).toBeNull());
});

test('a network that is none is said beside its field', async () => {
  const { user } = open('/account/tokens', {
    'POST /users/me/tokens': issue('sources.0', 'write an address or a network, such as 203.0.113.0/24'),
  });
  await user.click(await button('Create token'));
  const form = await dialog('Create API token');
  await user.type(form.getByLabelText('Name'), 'deploy');
  await user.type(form.getByLabelText(/From these addresses only/), 'home');
  await user.click(form.getByRole('button', { name: 'Create token' }));
  await waitFor(() => expect(form.getByLabelText(/From these addresses only/)).toBeInvalid());
});

test('a token that has expired says so, and is revoked after a question', async () => {
  const { api, user } = open('/account/tokens', { [`DELETE /users/me/tokens/${TOKEN.id}`]: done });
  const row = (await screen.findByText('deploy')).closest('li');
  expect(row).toHaveTextContent(/berth_a1b2….*Operate.*Expired on.*never used.*From 203\.0\.113\.0\/24 only/);
  await user.click(await button('Revoke deploy'));
  api.on('GET /users/me/tokens', () => ok({ items: [] }));
  await user.click((await dialog('Revoke deploy')).getByRole('button', { name: 'Revoke token' }));
  expect(await screen.findByText('No API tokens')).toBeVisible();
});

test('a token somebody else has revoked is a conflict that can be read, and the list is read again', async () => {
  const { api, user } = open('/account/tokens', {
    [`DELETE /users/me/tokens/${TOKEN.id}`]: () => refusal(404, 'not_found', 'There is no such API token.'),
  });
  await user.click(await button('Revoke deploy'));
  await user.click((await dialog('Revoke deploy')).getByRole('button', { name: 'Revoke token' }));
  expect(await screen.findByText('There is no such API token.')).toBeVisible();
  await waitFor(() => expect(api.sent('GET /users/me/tokens')).toHaveLength(2));
});

test('administrators may make tokens for administration', async () => {
  const { user } = open('/account/tokens', {}, 'admin');
  await user.click(await button('Create token'));
  expect((await dialog('Create API token')).getByLabelText(/For administration/)).toBeVisible();
});

test('the audit log says who did what from where, and goes back', async () => {
  const entry = {
    id: '9',
    at: '2026-01-02T00:00:00Z',
    action: 'server.update',
    actor: 'member',
    actorName: 'bob@example.org',
    accountName: 'Ada Ltd',
    serverId: OTHER.id,
    serverName: 'web-1',
    tokenName: 'terraform',
    ip: '203.0.113.7',
    requestId: null,
    details: {},
  };
  const older = { ...entry, id: '3', action: 'session.act_as', actor: 'provider', actorName: null, ip: null };
  const { user } = open('/account/audit', {
    'GET /audit-log': ({ query }) =>
      ok(
        query.get('before') === '9'
          ? { items: [older], nextBefore: null }
          : { items: [entry], nextBefore: '9' },
      ),
  });
  const list = within(await screen.findByRole('list', { name: 'Audit log' }));
  expect(list.getByRole('listitem')).toHaveTextContent(
    /Changed settings of the server.*web-1.*by token terraform.*bob@example\.org · from 203\.0\.113\.7 · Ada Ltd/,
  );
  await user.click(await button('Show older'));
  expect(await list.findByText(/Your provider/)).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Show older' })).toBeNull();
});

test('the audit log is filtered as the address says, and says when nothing matches', async () => {
  const asked: Record<string, string>[] = [];
  const { user } = open('/account/audit?actor=member&from=2026-01-02&to=2026-01-02', {
    'GET /audit-log': ({ query }) => {
      asked.push(Object.fromEntries(query));
      return ok({ items: [], nextBefore: null });
    },
  });
  expect(await screen.findByText('Nothing matches')).toBeVisible();
  expect(asked[0]).toEqual({
    actor: 'member',
    since: new Date('2026-01-02T00:00').toISOString(),
    until: new Date('2026-01-03T00:00').toISOString(),
  });
  await user.type(screen.getByLabelText('Search the audit log'), 'web-1');
  await waitFor(() => expect(asked.at(-1)).toMatchObject({ search: 'web-1', actor: 'member' }));
});

test('an audit log that cannot be read says why', async () => {
  open('/account/audit', {
    'GET /audit-log': () => refusal(503, 'unavailable', 'Berth cannot reach its database.'),
  });
  expect(await screen.findByText('The audit log cannot be shown')).toBeVisible();
});

test('data that cannot be exported says why', async () => {
  const { user } = open('/account', {
    'GET /users/me/export': () => refusal(503, 'unavailable', 'Berth cannot reach its database.'),
  });
  await user.click(await button('Export'));
  expect(await screen.findByText('Berth cannot reach its database.')).toBeVisible();
});
