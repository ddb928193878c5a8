import { screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, test } from 'vitest';
import type { AccountRole } from '../../../contract/roles.ts';
import type { Invitation, Team } from '../../../contract/team.ts';
import { renderApp } from '../render-app.tsx';
import { ACCOUNT, USER, type Handler, fakeApi, ok, refusal, session } from '../test-api.ts';

const MEMBERS = `/accounts/${ACCOUNT.id}/members`;
const INVITATIONS = `/accounts/${ACCOUNT.id}/invitations`;
const GRACE = '99999999-9999-4999-8999-999999999991';
const TEAM: Team = {
  members: [
    { userId: USER.id, email: USER.email, name: USER.name, role: 'owner', since: '2026-01-01T00:00:00Z' },
    {
      userId: GRACE,
      email: 'grace@example.org',
      name: 'Grace',
      role: 'viewer',
      since: '2026-01-02T00:00:00Z',
    },
  ],
  guests: [],
  invitations: [],
  sendsMail: true,
};
const INVITATION: Invitation = {
  id: '99999999-9999-4999-8999-999999999992',
  role: 'operator',
  note: 'Linus',
  serverId: null,
  serverName: null,
  invitedBy: USER.email,
  email: null,
  mail: null,
  expiresAt: '2027-01-01T00:00:00Z',
};

beforeEach(() => sessionStorage.clear());

function open(routes: Record<string, Handler> = {}, path = '/account/team') {
  const api = fakeApi({
    [`GET /accounts/${ACCOUNT.id}/team`]: () => ok(TEAM),
    'GET /servers': () => ok({ items: [], nextCursor: null }),
    ...routes,
  });
  return { api, ...renderApp(path) };
}

describe('the role of a member', () => {
  const ROUTE = `PATCH ${MEMBERS}/${GRACE}`;
  const withRole = (role: AccountRole): Team => ({
    ...TEAM,
    members: TEAM.members.map((member) => (member.userId === GRACE ? { ...member, role } : member)),
  });

  async function makeAdmin() {
    const opened = open({ [ROUTE]: () => ok(withRole('admin')) });
    const select = await screen.findByLabelText('Role of grace@example.org');
    opened.api.on(`GET /accounts/${ACCOUNT.id}/team`, () => ok(withRole('admin')));
    await opened.user.selectOptions(select, 'Admin');
    return { ...opened, select };
  }

  test('is changed at once, and it is said', async () => {
    const { api, select } = await makeAdmin();
    expect(await screen.findByText(/grace@example.org is now: Admin/)).toBeVisible();
    expect(select).toHaveValue('admin');
    expect(api.sent(ROUTE).map(({ body }) => body)).toEqual([{ role: 'admin' }]);
  });

  test('is taken back by Undo', async () => {
    const { api, user, select } = await makeAdmin();
    const undo = await screen.findByRole('button', { name: 'Undo' });
    api.on(`GET /accounts/${ACCOUNT.id}/team`, () => ok(TEAM));
    await user.click(undo);
    await waitFor(() => expect(select).toHaveValue('viewer'));
    expect(api.sent(ROUTE).map(({ body }) => body)).toEqual([{ role: 'admin' }, { role: 'viewer' }]);
  });

  test('stays when Undo is refused, which is said', async () => {
    const { api, user, select } = await makeAdmin();
    api.on(ROUTE, () => refusal(409, 'conflict', 'Somebody was faster.'));
    await user.click(await screen.findByRole('button', { name: 'Undo' }));
    expect(await screen.findByText('Somebody was faster.')).toBeVisible();
    expect(select).toHaveValue('admin');
  });

  test('stays when the change is refused, which is said in their row', async () => {
    const { user } = open({ [ROUTE]: () => refusal(409, 'conflict', 'Somebody was faster.') });
    const select = await screen.findByLabelText('Role of grace@example.org');
    await user.selectOptions(select, 'Admin');
    const row = within(screen.getByText('grace@example.org').closest('li') as HTMLElement);
    expect(await row.findByText('Somebody was faster.')).toBeVisible();
    await waitFor(() => expect(select).toHaveValue('viewer'));
    expect(select).toHaveFocus();
  });
});

describe('one’s own role', () => {
  const ROUTE = `PATCH ${MEMBERS}/${USER.id}`;

  async function choose() {
    const opened = open({ [ROUTE]: () => ok(TEAM) });
    const select = await screen.findByLabelText(`Role of ${USER.email}`);
    await opened.user.selectOptions(select, 'Viewer');
    const dialog = within(await screen.findByRole('dialog', { name: `Become Viewer of ${ACCOUNT.name}?` }));
    return { ...opened, select, dialog };
  }

  test('is given away only after a question that says what that means', async () => {
    const { api, user, dialog } = await choose();
    expect(dialog.getByText(/you cannot give it back to yourself/)).toBeVisible();
    expect(api.sent(ROUTE)).toHaveLength(0);
    await user.click(dialog.getByRole('button', { name: 'Become Viewer' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(api.sent(ROUTE).map(({ body }) => body)).toEqual([{ role: 'viewer' }]);
  });

  test('stays what it is for whoever thinks better of it, and so does the focus', async () => {
    const { api, user, select, dialog } = await choose();
    await user.click(dialog.getByRole('button', { name: 'Stay Owner' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(select).toHaveValue('owner');
    expect(select).toHaveFocus();
    expect(api.sent(ROUTE)).toHaveLength(0);
  });

  test('that nobody else has cannot be given away, as the dialog says', async () => {
    const { api, user, dialog } = await choose();
    api.on(ROUTE, () => refusal(409, 'invalid_state', 'An account needs an owner.'));
    await user.click(dialog.getByRole('button', { name: 'Become Viewer' }));
    expect(await dialog.findByText('An account needs an owner.')).toBeVisible();
  });
});

test('a link that was made and seen gives the focus back to what asked for it', async () => {
  const { user } = open({ [`POST ${INVITATIONS}`]: () => ok({ ...INVITATION, token: 'secret' }, 201) });
  await user.click(await screen.findByRole('button', { name: 'Invite' }));
  const form = within(await screen.findByRole('dialog'));
  await user.click(form.getByRole('button', { name: 'Make the link' }));
  await screen.findByText(/\/app\/join#secret$/);
  await user.click(screen.getByRole('button', { name: 'Done' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(screen.getByRole('button', { name: 'Invite' })).toHaveFocus();
});

test('an address that is none is said in its field, and nothing is sent', async () => {
  const { api, user } = open();
  await user.click(await screen.findByRole('button', { name: 'Invite' }));
  const form = within(await screen.findByRole('dialog'));
  await user.type(form.getByLabelText(/^E-mail/), 'linus');
  await user.click(form.getByRole('button', { name: 'Send the invitation' }));
  await waitFor(() => expect(form.getByLabelText(/^E-mail/)).toHaveFocus());
  expect(form.getByLabelText(/^E-mail/)).toHaveAccessibleDescription('Enter an e-mail address, or none');
  expect(api.sent(`POST ${INVITATIONS}`)).toHaveLength(0);
});

test('a member is removed only after a question that says what that means', async () => {
  const { api, user } = open({
    [`DELETE ${MEMBERS}/${GRACE}`]: () => new Response(null, { status: 204 }),
  });
  await user.click(await screen.findByRole('button', { name: 'Remove grace@example.org' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Remove grace@example.org?' }));
  expect(dialog.getByText(/SSH keys of theirs inside servers stay valid/)).toBeVisible();
  expect(api.sent(`DELETE ${MEMBERS}/${GRACE}`)).toHaveLength(0);
  await user.click(dialog.getByRole('button', { name: 'Remove' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(api.sent(`DELETE ${MEMBERS}/${GRACE}`)).toHaveLength(1);
});

test('whoever leaves an account is asked, and then sees those that are left', async () => {
  const { api, user } = open({
    [`DELETE ${MEMBERS}/${USER.id}`]: () => new Response(null, { status: 204 }),
  });
  await user.click(await screen.findByRole('button', { name: `Leave ${ACCOUNT.name}` }));
  const dialog = within(await screen.findByRole('dialog', { name: `Leave ${ACCOUNT.name}?` }));
  api.on('POST /refresh', () => ok({ ...session(), user: { ...USER, accounts: [] } }));
  await user.click(dialog.getByRole('button', { name: 'Leave account' }));
  expect(await screen.findByText('You take part in no account.')).toBeVisible();
});

test('what is refused is said where it was asked for', async () => {
  const { user } = open({
    [`DELETE ${MEMBERS}/${USER.id}`]: () =>
      refusal(409, 'invalid_state', 'An account needs an owner.', {
        detail: 'Make somebody else an owner first.',
      }),
  });
  await user.click(await screen.findByRole('button', { name: `Leave ${ACCOUNT.name}` }));
  const dialog = within(await screen.findByRole('dialog'));
  await user.click(dialog.getByRole('button', { name: 'Leave account' }));
  expect(await dialog.findByText('Make somebody else an owner first.')).toBeVisible();
});

test('an invitation is a link that is shown once', async () => {
  const { api, user } = open({ [`POST ${INVITATIONS}`]: () => ok({ ...INVITATION, token: 'secret' }, 201) });
  await user.click(await screen.findByRole('button', { name: 'Invite' }));
  const form = within(await screen.findByRole('dialog'));
  await user.type(form.getByLabelText(/^For/), 'Linus');
  await user.click(form.getByRole('button', { name: 'Make the link' }));
  expect(await screen.findByText(/\/app\/join#secret$/)).toBeVisible();
  expect(api.sent(`POST ${INVITATIONS}`)[0]?.body).toEqual({ role: 'viewer', note: 'Linus' });
});

test('an invitation is mailed to the address that was given', async () => {
  const mailed = { ...INVITATION, email: 'linus@example.org', mail: 'sending' as const };
  const { api, user } = open({ [`POST ${INVITATIONS}`]: () => ok({ ...mailed, token: 'secret' }, 201) });
  await user.click(await screen.findByRole('button', { name: 'Invite' }));
  const form = within(await screen.findByRole('dialog'));
  await user.type(form.getByLabelText(/^E-mail/), 'linus@example.org');
  await user.click(form.getByRole('button', { name: 'Send the invitation' }));
  expect(await screen.findByText(/It is being mailed to/)).toBeVisible();
  expect(api.sent(`POST ${INVITATIONS}`)[0]?.body).toMatchObject({
    email: 'linus@example.org',
    language: 'en',
  });
});

test('an invitation that nobody answered is to be looked for before it is made again', async () => {
  const { user } = open({ [`POST ${INVITATIONS}`]: () => Promise.reject(new TypeError('failed to fetch')) });
  await user.click(await screen.findByRole('button', { name: 'Invite' }));
  const form = within(await screen.findByRole('dialog'));
  await user.click(form.getByRole('button', { name: 'Make the link' }));
  expect(await form.findByText(/Look at the list before you try again/)).toBeVisible();
});

test('where no mail is set up there is a link to copy, and it says so', async () => {
  const { user } = open({
    [`GET /accounts/${ACCOUNT.id}/team`]: () => ok({ ...TEAM, sendsMail: false }),
    [`POST ${INVITATIONS}`]: () => ok({ ...INVITATION, token: 'secret' }, 201),
  });
  await user.click(await screen.findByRole('button', { name: 'Invite' }));
  const form = within(await screen.findByRole('dialog'));
  expect(form.getByText('This makes a link for you to send: no mail is set up here.')).toBeVisible();
  expect(form.queryByLabelText(/^E-mail/)).toBeNull();
  await user.click(form.getByRole('button', { name: 'Make the link' }));
  expect(await screen.findByText('It is not mailed: send it yourself.')).toBeVisible();
});

test.each([
  ['sent', /^Mailed to linus@example.org/],
  ['sending', /^Being mailed to linus@example.org/],
  ['failed', /^Could not be mailed to linus@example.org/],
  [null, /^For linus@example.org, not mailed/],
] as const)('an open invitation says what became of its mail: %s', async (mail, line) => {
  const invitations = [{ ...INVITATION, email: 'linus@example.org', mail }];
  open({ [`GET /accounts/${ACCOUNT.id}/team`]: () => ok({ ...TEAM, invitations }) });
  expect(await screen.findByText(line)).toBeVisible();
});

test('an invitation that could not be mailed is sent again, or says why not', async () => {
  const invitations = [{ ...INVITATION, email: 'linus@example.org', mail: 'failed' as const }];
  const { api, user } = open({
    [`GET /accounts/${ACCOUNT.id}/team`]: () => ok({ ...TEAM, invitations }),
    [`POST ${INVITATIONS}/${INVITATION.id}/mails`]: () =>
      refusal(429, 'rate_limited', 'Too many attempts.', { detail: 'Try again in 20 minutes.' }),
  });
  await user.click(await screen.findByRole('button', { name: 'Mail the invitation again: Linus' }));
  expect(await screen.findByText('Try again in 20 minutes.')).toBeVisible();
  expect(api.sent(`POST ${INVITATIONS}/${INVITATION.id}/mails`)[0]?.body).toEqual({ language: 'en' });
});

test('a viewer sees who takes part and can do nothing but leave', async () => {
  const viewer = { ...session(), user: { ...USER, accounts: [{ ...ACCOUNT, role: 'viewer' as const }] } };
  open({ 'POST /refresh': () => ok(viewer) });
  await screen.findByText('grace@example.org');
  expect(screen.queryByRole('button', { name: 'Invite' })).toBeNull();
  expect(screen.queryByRole('button', { name: 'Remove grace@example.org' })).toBeNull();
  expect(screen.getByRole('button', { name: `Leave ${ACCOUNT.name}` })).toBeVisible();
});

test('a team that cannot be read says why', async () => {
  open({
    [`GET /accounts/${ACCOUNT.id}/team`]: () =>
      refusal(503, 'unavailable', 'Berth cannot reach its database.'),
  });
  expect(await screen.findByText('The team cannot be shown')).toBeVisible();
});

test('an invitation is taken by whoever opens its link', async () => {
  const joined = { accountId: ACCOUNT.id, accountName: ACCOUNT.name, serverId: null, role: 'operator' };
  const { api, user, router } = open({ 'POST /invitations/accept': () => ok(joined) }, '/join#secret');
  await user.click(await screen.findByRole('button', { name: 'Take part' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/'));
  expect(api.sent('POST /invitations/accept')[0]?.body).toEqual({ token: 'secret' });
});

test('whoever is not logged in comes back to the invitation after the login', async () => {
  const { router } = open({ 'POST /refresh': () => refusal(401, 'unauthenticated', 'No') }, '/join#secret');
  await waitFor(() => expect(router.state.location.pathname).toBe('/login'));
  expect(router.state.location.search).toBe('?next=%2Fjoin');
  expect(JSON.stringify(router.state.location)).not.toContain('secret');
});

test('an invitation of no use says so', async () => {
  const { user } = open(
    {
      'POST /invitations/accept': () =>
        refusal(410, 'invalid_link', 'This link has expired or has been used.'),
    },
    '/join#secret',
  );
  await user.click(await screen.findByRole('button', { name: 'Take part' }));
  expect(await screen.findByText('This link has expired or has been used.')).toBeVisible();
});
