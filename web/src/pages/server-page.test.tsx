import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { Operation } from '../../../contract/operations.ts';
import type { Server, ServerObservation } from '../../../contract/servers.ts';
import { summarize } from '../live-cache.ts';
import { renderApp } from '../render-app.tsx';
import {
  type Handler,
  USER,
  buildOperation,
  buildServer,
  fakeApi,
  ok,
  refusal,
  session,
} from '../test-api.ts';

function open(server: Server, operations: Operation[] = [], routes: Record<string, Handler> = {}) {
  const api = fakeApi({
    'GET /servers': () => ok({ items: [server], nextCursor: null }),
    [`GET /servers/${server.id}`]: () => ok(server),
    [`GET /servers/${server.id}/operations`]: () => ok({ items: operations, nextCursor: null }),
    [`GET /servers/${server.id}/audit`]: () => ok({ items: [], nextBefore: null }),
    ...routes,
  });
  return { api, ...renderApp(`/servers/${server.id}`) };
}

const power = async (name: string) =>
  within(await screen.findByRole('group', { name: 'Power' })).getByRole('button', { name });

test('the page shows what the server is and how to reach it', async () => {
  open(buildServer());
  expect(await screen.findByRole('heading', { name: 'web-1' })).toBeVisible();
  expect(screen.getByText('ssh debian@203.0.113.10')).toBeVisible();
  expect(screen.getByText('gateway 203.0.113.1')).toBeVisible();
  expect(await power('Start')).toBeDisabled();
  expect(await power('Reboot')).toBeEnabled();
  expect(document.title).toBe('web-1 · Berth');
});

test('the page of a server that came from WHMCS says what it costs', async () => {
  const server = buildServer({ plan: { id: null, name: 'VPS Power' } });
  const price = { amount: '12.50', currency: 'EUR', cycle: 'Quarterly', nextDue: '2026-12-01' };
  open(server, [], { [`GET /servers/${server.id}/price`]: () => ok({ price }) });
  expect(await screen.findByText('€12.50')).toBeVisible();
  expect(screen.getByText(/a quarter/)).toBeVisible();
  expect(screen.getByText('next due on Dec 1, 2026')).toBeVisible();
});

test('an action is done only after a confirmation that says what happens', async () => {
  const server = buildServer();
  const operation = buildOperation(server, 'shutdown');
  const { api, user } = open(server, [], {
    [`POST /servers/${server.id}/actions`]: () =>
      ok({ server: { ...server, operation: summarize(operation) }, operation }, 202),
  });
  await user.click(await power('Shut down'));
  const dialog = within(await screen.findByRole('dialog', { name: 'Shut down web-1?' }));
  expect(dialog.getByText(/asked to shut down cleanly/)).toBeVisible();
  expect(api.sent(`POST /servers/${server.id}/actions`)).toHaveLength(0);
  await user.click(dialog.getByRole('checkbox'));
  await user.click(dialog.getByRole('button', { name: 'Shut down' }));
  const region = within(await screen.findByRole('region', { name: 'Latest operation' }));
  expect(region.getByText('Waiting to start')).toBeVisible();
  const [request] = api.sent(`POST /servers/${server.id}/actions`);
  expect(request?.body).toEqual({ action: 'shutdown', force: true });
  expect(request?.headers.get('idempotency-key')).toMatch(/^[0-9a-f-]{36}$/);
  expect(await power('Reboot')).toBeDisabled();
  expect(await power('Reboot')).toHaveAccessibleDescription(/“Shut down” is under way/);
});

test('each action tells what it does to whoever hears the page or comes to it by keyboard', async () => {
  const { user } = open(buildServer());
  const off = await power('Power off');
  expect(off).toHaveAccessibleDescription(/Cuts the power of the running system at once/);
  expect(await power('Shut down')).toHaveAccessibleDescription(/Asks the operating system to end cleanly/);
  while (document.activeElement !== off) await user.tab();
  expect(await screen.findByText(/For one that does not shut down/, { ignore: '[hidden]' })).toBeVisible();
});

test.each(['Wait for it to finish, or cancel it.', 'Its disks are being erased. Wait for it to finish.'])(
  'a conflict with another operation says the way out, and no other: %s',
  async (detail) => {
    const server = buildServer();
    const { user } = open(server, [], {
      [`POST /servers/${server.id}/actions`]: () =>
        refusal(409, 'server_busy', 'This server is busy.', {
          detail,
          operation: { id: 'x', type: 'reboot', status: 'running' },
          requestId: 'req-7',
        }),
    });
    await user.click(await power('Power off'));
    const dialog = within(await screen.findByRole('dialog'));
    await user.click(dialog.getByRole('button', { name: 'Power off' }));
    const alert = await dialog.findByRole('alert');
    expect(alert).toHaveTextContent(`This server is busy.${detail}Code server_busy · request req-7`);
  },
);

test('an operation that only the provider may cancel has no button for its customer', async () => {
  const server = buildServer();
  const operation = buildOperation(server, 'suspend', { status: 'running' });
  open({ ...server, operation: summarize(operation) }, [operation]);
  const region = within(await screen.findByRole('region', { name: 'Latest operation' }));
  expect(await region.findByRole('heading', { name: 'Suspend' })).toBeVisible();
  expect(region.queryByRole('button', { name: 'Cancel' })).toBeNull();
});

test('steps move as events arrive, and a live operation can be cancelled', async () => {
  const server = buildServer({ status: 'provisioning' });
  const operation = buildOperation(server, 'provision', { status: 'running' });
  const { api, user } = open({ ...server, operation: summarize(operation) }, [operation], {
    [`POST /operations/${operation.id}/cancel`]: () => ok({ ...operation, cancelRequested: true }, 202),
  });
  const region = within(await screen.findByRole('region', { name: 'Latest operation' }));
  await screen.findByText('Live');
  const steps = operation.steps.map((step, index) =>
    index === 2 ? { ...step, state: 'running' as const, percent: 30, message: '0.9 GiB of 3.0 GiB' } : step,
  );
  api.emit('operation', { ...operation, steps });
  expect(await region.findByRole('progressbar', { name: 'Copy the template' })).toHaveAttribute(
    'aria-valuenow',
    '30',
  );
  expect(region.getByText('0.9 GiB of 3.0 GiB')).toBeVisible();
  expect(region.getByText(/^If you cancel: The VM is deleted/)).toBeVisible();
  await user.click(region.getByRole('button', { name: 'Cancel' }));
  expect(await region.findByRole('button', { name: 'Cancelling' })).toBeDisabled();
  expect(region.queryByText(/^If you cancel/)).toBeNull();
});

test('steps say what they usually take; one in line says that instead', async () => {
  const server = buildServer({ status: 'provisioning' });
  const startedAt = new Date(Date.now() - 12_000).toISOString();
  const operation = buildOperation(server, 'provision', { status: 'running' });
  const running = { state: 'running' as const, startedAt, usualSeconds: 80 };
  const steps = operation.steps.map((step) => {
    if (step.name === 'clone') return { ...step, ...running };
    return step.name === 'ready' ? { ...step, usualSeconds: 30 } : { ...step, usualSeconds: 0.4 };
  });
  const { api } = open({ ...server, operation: summarize(operation) }, [{ ...operation, steps }]);
  const region = within(await screen.findByRole('region', { name: 'Latest operation' }));
  expect(await region.findByText(/^1\d s · usually 1 min 20 s$/)).toBeVisible();
  expect(region.getByText('usually 30 s')).toBeVisible();
  await screen.findByText('Live');
  const note = 'Waiting for storage ceph: 3rd in line, about 2 min';
  const queue = { position: 3, etaSeconds: 120 };
  api.emit('operation', {
    ...operation,
    steps: steps.map((step) => (step.name === 'clone' ? { ...step, message: note, queue } : step)),
  });
  expect(await region.findByText(note)).toBeVisible();
  expect(region.queryByText(/usually 1 min/)).toBeNull();
});

test('a server that is being deleted does not promise its actions back', async () => {
  const server = buildServer({ status: 'deleting' });
  const operation = buildOperation(server, 'terminate', { status: 'running' });
  open({ ...server, operation: summarize(operation) }, [operation]);
  const power = within(await screen.findByRole('group', { name: 'Power' }));
  expect(power.getByText('This server is being deleted.')).toBeVisible();
  expect(power.getByRole('button', { name: 'Reboot' })).toBeDisabled();
});

test('an operation that needs attention says why, shows the log, and goes on when it is resumed', async () => {
  const server = buildServer({ status: 'deleting' });
  const operation = buildOperation(server, 'terminate', {
    status: 'needs_attention',
    cancel: { possible: false, by: 'customer', effect: 'The disks are being erased.' },
    decisions: [
      { decision: 'resume', effect: '“Delete VM and disks” is tried again.', by: 'customer' },
      { decision: 'skip', effect: 'The disks are left behind.', by: 'admin' },
    ],
    error: {
      code: 'task_failed',
      message: 'Proxmox: command failed',
      cause: 'command failed',
      log: ["removing image 'vm-100-disk-0'", 'TASK ERROR: command failed'],
    },
  });
  const { api, user } = open({ ...server, operation: summarize(operation) }, [operation]);
  const route = `POST /operations/${operation.id}/decision`;
  api.on(route, () => ok({ ...operation, decision: 'resume' }, 202));
  const region = within(await screen.findByRole('region', { name: 'Latest operation' }));
  expect(await region.findByText('Needs attention')).toBeVisible();
  expect(region.getByText(/TASK ERROR: command failed/)).toBeInTheDocument();
  expect(region.getByRole('button', { name: 'Cancel' })).toBeDisabled();
  expect(region.getByText('Cannot be cancelled any more: The disks are being erased.')).toBeVisible();
  expect(region.queryByRole('button', { name: 'Skip this step' })).toBeNull();
  await user.click(region.getByRole('button', { name: 'Resume' }));
  expect(region.getByText('It waits here, and your provider sees that it does.')).toBeVisible();
  await waitFor(() => expect(api.sent(route)[0]?.body).toEqual({ decision: 'resume' }));
  expect(await region.findByRole('button', { name: 'Resume' })).toBeDisabled();
});

test('a decision that is refused says so where it was made, and can be made again', async () => {
  const server = buildServer();
  const operation = buildOperation(server, 'reboot', {
    status: 'needs_attention',
    decisions: [{ decision: 'resume', effect: '“Restart” is tried again.', by: 'customer' }],
  });
  const { api, user } = open({ ...server, operation: summarize(operation) }, [operation]);
  api.on(`POST /operations/${operation.id}/decision`, () => refusal(409, 'conflict', 'It has moved on.'));
  const region = within(await screen.findByRole('region', { name: 'Latest operation' }));
  await user.click(await region.findByRole('button', { name: 'Resume' }));
  expect(await region.findByText('It has moved on.')).toBeVisible();
  expect(region.getByRole('button', { name: 'Resume' })).toBeEnabled();
});

test('a failed operation shows what Proxmox said, the code and what to do next', async () => {
  const server = buildServer({ status: 'failed' });
  const operation = buildOperation(server, 'provision', {
    status: 'failed',
    error: {
      code: 'storage_full',
      message: 'The clone failed',
      cause: 'lvcreate: insufficient free space',
      log: [],
    },
  });
  open(server, [operation]);
  const region = within(await screen.findByRole('region', { name: 'Latest operation' }));
  expect(region.getByText('The storage is full')).toBeVisible();
  expect(region.getByText('lvcreate: insufficient free space')).toBeVisible();
  expect(region.getByText('storage_full')).toBeVisible();
  expect(region.getByText(/What to do now/)).toBeVisible();
});

test('a server that could not be built says why once, and offers only what can be done', async () => {
  const server = buildServer({ status: 'failed', ipAddresses: [], node: null });
  const error = { code: 'storage_full' as const, message: 'full', cause: null, log: [] };
  open(server, [buildOperation(server, 'provision', { status: 'failed', error })]);
  expect(await screen.findAllByText('The storage is full')).toHaveLength(1);
  expect(screen.getByRole('link', { name: 'Order again' })).toBeVisible();
  expect(screen.getByRole('button', { name: 'Delete server' })).toBeEnabled();
  expect(screen.queryByRole('group', { name: 'Power' })).toBeNull();
  expect(screen.queryByRole('heading', { name: 'Manage' })).toBeNull();
  expect(screen.queryByRole('switch')).toBeNull();
});

test('a failed server that is protected can have its protection switched off', async () => {
  open(buildServer({ status: 'failed', deleteProtection: true }));
  expect(await screen.findByRole('switch', { name: 'Protect against deletion' })).toBeEnabled();
});

test('an operator can look what is left of a failed server', async () => {
  const server = buildServer({ status: 'failed' });
  open(server, [], { 'POST /refresh': () => ok({ ...session(), user: { ...USER, role: 'admin' } }) });
  expect(await screen.findByRole('link', { name: 'Compare with Proxmox VE' })).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Suspend' })).toBeNull();
});

test('a cancelled order is no failure: it can be ordered again, and taken off the list without its name', async () => {
  const server = buildServer({ status: 'cancelled', ipAddresses: [], node: null });
  const { api, user } = open(server, [buildOperation(server, 'provision', { status: 'cancelled' })], {
    [`DELETE /servers/${server.id}`]: () =>
      ok({ server: { ...server, status: 'deleting' }, operation: buildOperation(server, 'terminate') }, 202),
  });
  const again = await screen.findByRole('link', { name: 'Order again' });
  const form = new URL(again.getAttribute('href') ?? '', 'http://berth.test');
  expect(Object.fromEntries(form.searchParams)).toEqual({
    name: 'web-1',
    plan: server.plan.id,
    template: server.template.id,
    location: 'Frankfurt',
  });
  expect(screen.queryByText('Failed')).toBeNull();
  expect(screen.queryByRole('group', { name: 'Power' })).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Remove' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Remove web-1 from the list?' }));
  await user.click(dialog.getByRole('button', { name: 'Remove' }));
  await waitFor(() => expect(api.sent(`DELETE /servers/${server.id}`)).toHaveLength(1));
});

test('an unknown server says when Proxmox was last heard and that it may be running', async () => {
  open(buildServer({ status: 'unknown' }));
  expect(await screen.findByText(/It may well be running/)).toBeVisible();
  expect(screen.getByText('Unknown')).toBeVisible();
  expect(screen.queryByText('Stopped')).toBeNull();
});

const OBSERVED: ServerObservation = {
  at: new Date().toISOString(),
  missingSince: null,
  lock: 'backup',
  uptimeSeconds: 3_900,
  cpu: 0.126,
  memoryUsedMib: 512,
  diskReadBytes: 1_610_612_736,
  diskWrittenBytes: 0,
  netInBytes: 2_048,
  netOutBytes: 100,
  agentAddresses: ['203.0.113.10', '10.8.0.1'],
  agentSeenAt: new Date().toISOString(),
};

test('a running server shows what it uses and how long ago that was seen', async () => {
  open(buildServer({ observed: OBSERVED }));
  const usage = (await screen.findByRole('heading', { name: 'Usage' })).parentElement;
  expect(usage).toHaveTextContent('Processors13 %');
  expect(usage).toHaveTextContent('512 MiB of 2 GiB');
  expect(usage).toHaveTextContent('1.5 GiB read, 0 B written');
  expect(usage).toHaveTextContent('2 KiB in, 100 B out');
  expect(usage).toHaveTextContent('1 h 5 min');
  expect(usage).toHaveTextContent(/Seen(?:just now|\d+ s ago)/);
  const network = screen.getByRole('heading', { name: 'Network' }).parentElement;
  expect(network).toHaveTextContent('Also has10.8.0.1');
  expect(screen.queryByText('Locked by')).toBeNull();
});

test('only an operator is told of Proxmox’s lock, also while the server is off', async () => {
  open(buildServer({ status: 'stopped', observed: OBSERVED }), [], {
    'POST /refresh': () => ok({ ...session(), user: { ...USER, role: 'admin' } }),
  });
  const record = (await screen.findByRole('heading', { name: 'Record' })).parentElement;
  expect(record).toHaveTextContent('Locked bybackup');
  expect(screen.queryByRole('heading', { name: 'Usage' })).toBeNull();
});

test('an operator is told how to mend the cause of a failure', async () => {
  const server = buildServer({ status: 'failed' });
  const error = {
    code: 'no_quorum' as const,
    message: 'Proxmox: 500 no quorum',
    cause: 'no quorum',
    log: [],
  };
  open(server, [buildOperation(server, 'provision', { status: 'failed', error })], {
    'POST /refresh': () => ok({ ...session(), user: { ...USER, role: 'admin' } }),
  });
  expect(await screen.findByText('pvecm status')).toBeVisible();
});

test('a server whose VM is nowhere says since when', async () => {
  const missingSince = new Date(Date.now() - 7_200_000).toISOString();
  open(buildServer({ status: 'unknown', observed: { ...OBSERVED, missingSince } }));
  expect(await screen.findByText(/cannot be found on Proxmox VE/)).toHaveTextContent('first missed 2 h ago');
  expect(screen.queryByText(/It may well be running/)).toBeNull();
});

test('deleting asks for the name, lists what is lost and ends in the list', async () => {
  const server = buildServer();
  const operation = buildOperation(server, 'terminate');
  const deleting = { ...server, status: 'deleting' as const, operation: summarize(operation) };
  const { api, user, router } = open(server, [], {
    [`DELETE /servers/${server.id}`]: () => ok({ server: deleting, operation }, 202),
  });
  await screen.findByText('Live');
  await user.click(await screen.findByRole('button', { name: 'Delete server' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Delete web-1?' }));
  expect(dialog.getByText(/everything on its 40 GiB disk/)).toBeVisible();
  expect(dialog.getByText(/203\.0\.113\.10/)).toBeVisible();
  const confirm = dialog.getByRole('button', { name: 'Delete server' });
  await user.type(dialog.getByLabelText(/Type web-1 to confirm/), 'web-2');
  expect(confirm).toBeDisabled();
  await user.clear(dialog.getByLabelText(/Type web-1 to confirm/));
  await user.type(dialog.getByLabelText(/Type web-1 to confirm/), 'web-1');
  await user.click(confirm);
  expect(await screen.findByText('Deleting')).toBeVisible();
  api.on('GET /servers', () => ok({ items: [], nextCursor: null }));
  api.emit('server-deleted', { id: server.id });
  await waitFor(() => expect(router.state.location.pathname).toBe('/'));
  expect(await screen.findByText('web-1 was deleted.')).toBeInTheDocument();
});

test('where a deletion can be undone, that is said before; an administrator can do without', async () => {
  const server = buildServer();
  const route = `DELETE /servers/${server.id}`;
  const { api, user } = open(server, [], {
    'POST /refresh': () => ok({ ...session(), user: { ...USER, role: 'admin' } }),
    'GET /settings': () => ok({ deleteGraceHours: 72 }),
    [route]: () => ok({ server, operation: buildOperation(server, 'terminate') }, 202),
  });
  const button = await screen.findByRole('button', { name: 'Delete server' });
  await waitFor(() => expect(button).toHaveAccessibleDescription(/3 days later; until then/));
  await user.click(button);
  const dialog = within(await screen.findByRole('dialog'));
  expect(dialog.getByText(/erased 3 days later/)).toBeVisible();
  await user.click(dialog.getByRole('checkbox', { name: 'Erase it at once, without that time' }));
  expect(dialog.getByText(/is erased at once, and cannot be brought back/)).toBeVisible();
  await user.type(dialog.getByRole('textbox'), 'web-1');
  await user.click(dialog.getByRole('button', { name: 'Delete server' }));
  await waitFor(() => expect(api.sent(route)[0]?.query.get('now')).toBe('true'));
});

test('a protected server is deleted only after its protection is switched off', async () => {
  const server = buildServer({ deleteProtection: true });
  const { api, user } = open(server, [], {
    [`PATCH /servers/${server.id}`]: () => ok({ ...server, deleteProtection: false }),
  });
  const button = await screen.findByRole('button', { name: 'Delete server' });
  expect(button).toBeDisabled();
  expect(button).toHaveAccessibleDescription(/protected against deletion. Switch the protection off first/);
  const protection = screen.getByRole('switch', { name: 'Protect against deletion' });
  expect(protection).toBeChecked();
  expect(protection).toHaveAccessibleDescription(/nobody can delete the server/);
  await user.click(protection);
  await waitFor(() => expect(button).toBeEnabled());
  expect(protection).not.toBeChecked();
  const [request] = api.sent(`PATCH /servers/${server.id}`);
  expect(request?.body).toEqual({ deleteProtection: false });
  expect(request?.headers.get('idempotency-key')).toMatch(/^[0-9a-f-]{36}$/);
  api.emit('server', { ...server, deleteProtection: true });
  await waitFor(() => expect(button).toBeDisabled());
});

test('a server is renamed, and a name it cannot have is explained', async () => {
  const server = buildServer();
  const issues = [{ field: 'name', message: 'use 1 to 63 letters' }];
  const { api, user } = open(server, [], {
    [`PATCH /servers/${server.id}`]: () =>
      refusal(422, 'invalid_input', 'Some of the input cannot be used.', { issues }),
  });
  await user.click(await screen.findByRole('button', { name: 'Rename' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Rename web-1' }));
  const input = dialog.getByLabelText('Name');
  await user.clear(input);
  await user.click(dialog.getByRole('button', { name: 'Rename' }));
  await waitFor(() => expect(input).toHaveAccessibleDescription('Enter a name'));
  await user.type(input, 'no name');
  await user.click(dialog.getByRole('button', { name: 'Rename' }));
  await waitFor(() => expect(input).toHaveAccessibleDescription('Use 1 to 63 letters'));
  api.on(`PATCH /servers/${server.id}`, () => ok({ ...server, name: 'shop-1' }));
  await user.clear(input);
  await user.type(input, 'shop-1{Enter}');
  expect(await screen.findByRole('heading', { name: 'shop-1' })).toBeVisible();
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(api.sent(`PATCH /servers/${server.id}`).at(-1)?.body).toEqual({ name: 'shop-1' });
});

test('a server that keeps its name is not asked to be renamed', async () => {
  const server = buildServer();
  const { api, user } = open(server);
  await user.click(await screen.findByRole('button', { name: 'Rename' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Rename web-1' }));
  await user.click(dialog.getByRole('button', { name: 'Rename' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(api.sent(`PATCH /servers/${server.id}`)).toHaveLength(0);
});

test('a protection that cannot be changed stays as it was and says why', async () => {
  const server = buildServer({ deleteProtection: false });
  const { user } = open(server, [], {
    [`PATCH /servers/${server.id}`]: () => refusal(409, 'invalid_state', 'web-1 is being deleted already.'),
  });
  const protection = await screen.findByRole('switch', { name: 'Protect against deletion' });
  await user.click(protection);
  expect(await screen.findByText('web-1 is being deleted already.')).toBeVisible();
  expect(protection).not.toBeChecked();
});

test('an imported server shows its host name and system, and no login nobody knows', async () => {
  open(
    buildServer({
      hostname: 'shop.example.net',
      plan: { id: null, name: 'VPS Power' },
      template: { id: null, name: 'ubuntu-22.04' },
      defaultUser: null,
      ipAddresses: [{ address: '192.0.2.7', prefix: 32, gateway: null, family: 4 }],
    }),
  );
  expect(await screen.findByText('shop.example.net')).toBeVisible();
  expect(screen.getByText('Operating system').nextElementSibling).toHaveTextContent('ubuntu-22.04');
  expect(screen.getByText('VPS Power')).toBeVisible();
  expect(screen.queryByText('Template')).toBeNull();
  expect(screen.queryByText('Default user')).toBeNull();
  expect(screen.queryByText('Log in with')).toBeNull();
  expect(screen.queryByText('192.0.2.7/32')).toBeNull();
});

test('a suspended server says why, and offers nothing to press', async () => {
  open(buildServer({ status: 'suspended', suspendReason: 'Overdue on payment' }));
  expect(await screen.findByText(/has suspended this server: Overdue on payment\. Ask your/)).toBeVisible();
  expect(screen.queryByRole('group', { name: 'Power' })).toBeNull();
});

test('a link to a deleted server says what became of it, with its activity and ways on', async () => {
  const server = buildServer();
  const done = { status: 'succeeded' as const, finishedAt: new Date().toISOString() };
  fakeApi({
    [`GET /servers/${server.id}/operations`]: () =>
      ok({ items: [buildOperation(server, 'terminate', done)], nextCursor: null }),
    [`GET /deleted-servers/${server.id}`]: () =>
      ok({
        id: server.id,
        name: 'web-1',
        accountName: server.accountName,
        planName: 'Small',
        templateName: 'Debian 13',
        createdAt: server.createdAt,
        deletedAt: new Date(Date.now() - 7_200_000).toISOString(),
        deletedBy: { actor: 'member', name: 'grace@example.org' },
      }),
  });
  renderApp(`/servers/${server.id}`);
  expect(await screen.findByRole('heading', { level: 1, name: 'web-1 was deleted' })).toBeVisible();
  const record = screen.getByRole('heading', { name: 'Record' }).parentElement;
  expect(record).toHaveTextContent('Deleted2 h ago');
  expect(record).toHaveTextContent('Bygrace@example.org');
  expect(await screen.findByRole('heading', { name: 'Delete' })).toBeVisible();
  expect(screen.getByRole('link', { name: 'Create a new server' })).toHaveAttribute('href', '/servers/new');
  expect(document.title).toBe('web-1 (deleted) · Berth');
});

test('a server that does not exist is not found', async () => {
  fakeApi();
  renderApp('/servers/99999999-9999-4999-8999-999999999999');
  expect(await screen.findByText('There is nothing here')).toBeVisible();
});
