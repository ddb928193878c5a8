import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { OperationType } from '../../../contract/operation-table.ts';
import type { Server } from '../../../contract/servers.ts';
import { summarize } from '../live-cache.ts';
import { renderApp } from '../render-app.tsx';
import {
  ACCOUNT,
  type Handler,
  PLAN,
  TEMPLATE,
  USER,
  buildOperation,
  buildServer,
  fakeApi,
  ok,
  refusal,
  session,
} from '../test-api.ts';

function open(server: Server, routes: Record<string, Handler> = {}, role: 'customer' | 'admin' = 'customer') {
  const api = fakeApi({
    'POST /refresh': () => ok({ ...session(), user: { ...USER, role } }),
    [`GET /servers/${server.id}`]: () => ok(server),
    [`GET /servers/${server.id}/operations`]: () => ok({ items: [], nextCursor: null }),
    ...routes,
  });
  return { api, ...renderApp(`/servers/${server.id}`) };
}

/** The answer to a change that is accepted. */
const accepts = (server: Server, type: OperationType) => () => {
  const operation = buildOperation(server, type);
  return ok({ server: { ...server, operation: summarize(operation) }, operation }, 202);
};

const manage = async (name: string) =>
  within(await screen.findByRole('region', { name: 'Manage' })).getByRole('button', { name });

const closed = async () => waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());

const asRole = (role: 'viewer' | 'operator'): Record<string, Handler> => ({
  'POST /refresh': () => ok({ ...session(), user: { ...USER, accounts: [{ ...ACCOUNT, role }] } }),
});
const refusalOf = /Your role does not allow/;

test('a viewer is told once that their role allows nothing, and every action refers to it', async () => {
  open(buildServer(), asRole('viewer'));
  await manage('Change plan');
  expect(screen.getAllByText(refusalOf)).toHaveLength(1);
  const actions = [
    ...['Change plan', 'Reset password', 'Edit labels', 'Rebuild', 'Reboot', 'Delete server'].map((name) =>
      screen.getByRole('button', { name }),
    ),
    ...screen.getAllByRole('switch'),
  ];
  for (const action of actions) {
    expect(action).toBeDisabled();
    expect(action).toHaveAccessibleDescription(refusalOf);
  }
});

test('an operator is told what their role does not allow, and may do the rest', async () => {
  open(buildServer(), asRole('operator'));
  expect(await manage('Change plan')).toBeDisabled();
  expect(screen.getAllByText(refusalOf)).toHaveLength(1);
  expect(await manage('Edit labels')).toBeEnabled();
  expect(screen.getByRole('button', { name: 'Reboot' })).toBeEnabled();
});

test('another plan says what changes, and that a disk only grows', async () => {
  const server = buildServer();
  const tiny = { ...PLAN, id: '22222222-2222-4222-8222-222222222223', name: 'Tiny', vcpu: 1, diskGib: 20 };
  const route = `POST /servers/${server.id}/resize`;
  const { api, user } = open(server, {
    'GET /plans': () => ok({ items: [PLAN, tiny], nextCursor: null }),
    [route]: accepts(server, 'resize'),
  });
  await user.click(await manage('Change plan'));
  const dialog = within(await screen.findByRole('dialog', { name: 'Change the plan of web-1' }));
  expect(await dialog.findByRole('radio', { name: 'Small' })).toBeDisabled();
  await user.click(dialog.getByRole('button', { name: 'Change plan' }));
  await waitFor(() => expect(dialog.getByText('Choose a plan')).toHaveFocus());
  await user.click(dialog.getByRole('radio', { name: 'Tiny' }));
  expect(dialog.getByText('2 → 1 vCPU')).toBeVisible();
  const keep = dialog.getByRole('checkbox', { name: 'Keep the disk at 40 GiB' });
  expect(keep).toBeChecked();
  expect(keep).toHaveAccessibleDescription(/A disk only grows. This plan has one of 20 GiB/);
  await user.click(dialog.getByRole('button', { name: 'Change plan' }));
  await closed();
  expect(api.sent(route)[0]?.body).toEqual({ planId: tiny.id, keepDisk: true });
  expect(await manage('Change plan')).toHaveAccessibleDescription(/“Change plan” is under way/);
});

test('a plan with a larger disk grows the disk unless it is to be kept', async () => {
  const server = buildServer();
  const large = { ...PLAN, id: '22222222-2222-4222-8222-222222222224', name: 'Large', diskGib: 80 };
  const route = `POST /servers/${server.id}/resize`;
  const { api, user } = open(server, {
    'GET /plans': () => ok({ items: [large], nextCursor: null }),
    [route]: () => refusal(422, 'no_capacity', 'The node of web-1 has no room for this.'),
  });
  await user.click(await manage('Change plan'));
  const dialog = within(await screen.findByRole('dialog'));
  await user.click(await dialog.findByRole('radio', { name: 'Large' }));
  expect(dialog.getByText('40 GiB → 80 GiB disk')).toBeVisible();
  await user.click(dialog.getByRole('button', { name: 'Change plan' }));
  expect(await dialog.findByRole('alert')).toHaveTextContent('has no room for this.');
  await user.click(dialog.getByRole('checkbox', { name: 'Keep the disk at 40 GiB' }));
  await user.click(dialog.getByRole('button', { name: 'Change plan' }));
  await waitFor(() => expect(api.sent(route)).toHaveLength(2));
  expect(api.sent(route).map(({ body }) => body)).toEqual([
    { planId: large.id, keepDisk: false },
    { planId: large.id, keepDisk: true },
  ]);
});

test('rebuilding lists what is erased and kept, and asks for the name', async () => {
  const server = buildServer();
  const route = `POST /servers/${server.id}/rebuild`;
  const { api, user } = open(server, { [route]: accepts(server, 'rebuild') });
  await user.click(await manage('Rebuild'));
  const dialog = within(await screen.findByRole('dialog', { name: 'Rebuild web-1?' }));
  expect(await dialog.findByRole('radio', { name: 'Debian 13' })).toBeChecked();
  expect(dialog.getByText(/Everything on its 40 GiB disk/)).toBeVisible();
  expect(dialog.getByText(/addresses \(203\.0\.113\.10\)/)).toBeVisible();
  const confirm = dialog.getByRole('button', { name: 'Rebuild server' });
  expect(confirm).toBeDisabled();
  await user.type(dialog.getByLabelText(/Type web-1 to confirm/), 'web-1');
  await user.click(confirm);
  await closed();
  expect(api.sent(route)[0]?.body).toEqual({ templateId: TEMPLATE.id });
});

test('a server protected against rebuilding says so until the protection is off', async () => {
  const server = buildServer({ rebuildProtection: true });
  const { user } = open(server, {
    [`PATCH /servers/${server.id}`]: () => ok({ ...server, rebuildProtection: false }),
  });
  expect(await manage('Rebuild')).toBeDisabled();
  expect(await manage('Rebuild')).toHaveAccessibleDescription(/Switch the protection off first/);
  await user.click(screen.getByRole('switch', { name: 'Protect against rebuilding' }));
  await waitFor(async () => expect(await manage('Rebuild')).toBeEnabled());
});

test('a server that Berth did not build is not rebuilt by it', async () => {
  open(buildServer({ template: { id: null, name: 'Unknown' } }));
  expect(await manage('Rebuild')).toHaveAccessibleDescription(/did not build this server/);
});

test('a new password is set without a reboot unless one is allowed', async () => {
  const server = buildServer();
  const route = `POST /servers/${server.id}/password`;
  const { api, user } = open(server, { [route]: accepts(server, 'reset_password') });
  await user.click(await manage('Reset password'));
  const dialog = within(await screen.findByRole('dialog', { name: 'Reset the password of web-1' }));
  await user.type(dialog.getByLabelText('New password'), 'too short');
  await user.click(dialog.getByRole('button', { name: 'Reset password' }));
  await waitFor(() =>
    expect(dialog.getByLabelText('New password')).toHaveAccessibleDescription(
      'Choose one of at least 10 characters',
    ),
  );
  await user.type(dialog.getByLabelText('New password'), ' no more');
  await user.click(dialog.getByRole('button', { name: 'Show the password' }));
  expect(dialog.getByLabelText('New password')).toHaveAttribute('type', 'text');
  expect(dialog.getByRole('checkbox')).toHaveAccessibleDescription(/new SSH host keys/);
  await user.click(dialog.getByRole('button', { name: 'Reset password' }));
  await closed();
  expect(api.sent(route)[0]?.body).toEqual({ password: 'too short no more', allowReboot: false });
});

test('the rescue system is entered after a warning, and what a location lacks is explained', async () => {
  const server = buildServer();
  const { user } = open(server, {
    [`POST /servers/${server.id}/rescue`]: () =>
      refusal(422, 'rescue_unsupported', 'There is no rescue system at this location.'),
  });
  await user.click(await manage('Boot rescue system'));
  const dialog = within(await screen.findByRole('dialog'));
  await user.click(dialog.getByRole('button', { name: 'Boot rescue system' }));
  expect(await dialog.findByRole('alert')).toHaveTextContent('There is no rescue system at this location.');
});

test('a dialog that is closed gives the focus back to its button', async () => {
  const { user } = open(buildServer());
  await user.click(await manage('Edit labels'));
  expect(await screen.findByLabelText('Labels')).toHaveFocus();
  await user.keyboard('{Escape}');
  await closed();
  expect(await manage('Edit labels')).toHaveFocus();
});

test('labels are edited as lines, and one that is none is pointed at', async () => {
  const server = buildServer({ labels: { env: 'test' } });
  const route = `PATCH /servers/${server.id}`;
  const { api, user } = open(server, {
    [route]: () => ok({ ...server, labels: { env: 'live', team: 'a' } }),
  });
  expect(await screen.findByText('env=test')).toBeVisible();
  await user.click(await manage('Edit labels'));
  const dialog = within(await screen.findByRole('dialog', { name: 'Labels of web-1' }));
  const input = dialog.getByLabelText('Labels');
  await user.clear(input);
  await user.type(input, 'env=live\nteam');
  await user.click(dialog.getByRole('button', { name: 'Save labels' }));
  await waitFor(() => expect(input).toHaveFocus());
  expect(input).toHaveAccessibleDescription('Write “team” as key=value');
  await user.type(input, '=a');
  await user.click(dialog.getByRole('button', { name: 'Save labels' }));
  await closed();
  expect(api.sent(route)[0]?.body).toEqual({ labels: { env: 'live', team: 'a' } });
  expect(screen.getByText('team=a')).toBeVisible();
});

test('only an administrator can suspend a server, with a reason', async () => {
  const server = buildServer();
  const route = `POST /servers/${server.id}/suspend`;
  const { api, user } = open(server, { [route]: accepts(server, 'suspend') }, 'admin');
  await user.click(await manage('Suspend'));
  const dialog = within(await screen.findByRole('dialog', { name: 'Suspend web-1?' }));
  await user.click(dialog.getByRole('button', { name: 'Suspend server' }));
  await waitFor(() => expect(dialog.getByLabelText('Reason')).toBeInvalid());
  await user.type(dialog.getByLabelText('Reason'), 'Overdue on payment');
  await user.click(dialog.getByRole('button', { name: 'Suspend server' }));
  await closed();
  expect(api.sent(route)[0]?.body).toEqual({ reason: 'Overdue on payment' });
});

test('a customer is not shown what only administrators may do', async () => {
  open(buildServer());
  await manage('Change plan');
  expect(screen.queryByRole('group', { name: 'For administrators' })).toBeNull();
});

test('an administrator lifts a suspension', async () => {
  const server = buildServer({ status: 'suspended', suspendReason: 'Overdue' });
  const route = `POST /servers/${server.id}/unsuspend`;
  const { api, user } = open(server, { [route]: accepts(server, 'unsuspend') }, 'admin');
  expect(await screen.findByText(/is suspended: Overdue\. Its owner/)).toBeVisible();
  expect(await manage('Change plan')).toHaveAccessibleDescription(
    expect.stringContaining('This server is suspended.'),
  );
  await user.click(await manage('Lift suspension'));
  await user.click(
    within(await screen.findByRole('dialog')).getByRole('button', { name: 'Lift suspension' }),
  );
  await closed();
  expect(api.sent(route)).toHaveLength(1);
});

test('a server moves to one of the nodes that can take it; the others say why not', async () => {
  const server = buildServer();
  const route = `POST /servers/${server.id}/migrate`;
  const { api, user } = open(
    server,
    {
      [`GET /servers/${server.id}/migration-targets`]: () =>
        ok({
          items: [
            { node: 'pve2', freeMemoryMib: 8_192, obstacle: null },
            { node: 'pve3', freeMemoryMib: 65_536, obstacle: 'pve3 is offline' },
          ],
          nextCursor: null,
        }),
      [route]: accepts(server, 'migrate'),
    },
    'admin',
  );
  await user.click(await manage('Move to another node'));
  const dialog = within(await screen.findByRole('dialog'));
  const away = await dialog.findByRole('radio', { name: 'pve3' });
  expect(away).toBeDisabled();
  expect(away).toHaveAccessibleDescription(/pve3 is offline/);
  await user.click(dialog.getByRole('button', { name: 'Move server' }));
  await waitFor(() => expect(dialog.getByText('Choose a node')).toHaveFocus());
  await user.click(dialog.getByRole('radio', { name: 'pve2' }));
  await user.click(dialog.getByRole('button', { name: 'Move server' }));
  await closed();
  expect(api.sent(route)[0]?.body).toEqual({ node: 'pve2' });
});

test('an operator goes from a server to whose it is and to its comparison', async () => {
  const server = buildServer();
  open(server, {}, 'admin');
  expect(await screen.findByRole('link', { name: 'Compare with Proxmox VE' })).toHaveAttribute(
    'href',
    `/admin/servers/${server.id}/truth`,
  );
  expect(screen.getByRole('link', { name: server.accountName })).toBeVisible();
});

test('whoever has one account is not told whose a server of it is', async () => {
  open(buildServer());
  await manage('Change plan');
  expect(screen.queryByText(ACCOUNT.name)).toBeNull();
});
