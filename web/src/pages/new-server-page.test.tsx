import { cleanup, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import type { Availability } from '../../../contract/catalog.ts';
import type { SavedSshKey } from '../../../contract/ssh-keys.ts';
import { renderApp } from '../render-app.tsx';
import { ACCOUNT, PLAN, TEMPLATE, buildOperation, buildServer, fakeApi, ok, refusal } from '../test-api.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada@laptop';

beforeEach(() => sessionStorage.clear());

async function openForm(search = '') {
  const app = renderApp(`/servers/new${search}`);
  await screen.findByRole('form', { name: 'Create server' });
  const submit = async () => {
    await app.user.click(screen.getByRole('button', { name: 'Create server' }));
    const anyway = screen.queryByRole('button', { name: 'Create anyway' });
    if (anyway) await app.user.click(anyway);
  };
  const name = async (text: string) => {
    await app.user.clear(screen.getByLabelText('Name'));
    await app.user.type(screen.getByLabelText('Name'), text);
  };
  const paste = async (label: string, text: string) => {
    await app.user.click(screen.getByLabelText(label));
    await app.user.paste(text);
  };
  return { ...app, submit, name, paste };
}

test('a name is suggested and what is chosen is summed up', async () => {
  fakeApi();
  const { user } = await openForm();
  const suggested = (screen.getByLabelText('Name') as HTMLInputElement).value;
  expect(suggested).toMatch(/^[a-z]+-[a-z]+-\d\d$/);
  await user.click(screen.getByRole('radio', { name: 'Small' }));
  const summary = within(screen.getByRole('complementary', { name: 'Summary' }));
  const access = 'none: nobody can log in';
  for (const text of [suggested, 'Debian 13', 'Small', '2 vCPU, 2 GiB, 40 GiB', access]) {
    expect(summary.getByText(text)).toBeVisible();
  }
});

test('what is wrong is shown at its field before anything is sent', async () => {
  const api = fakeApi();
  const { user, submit, name, paste } = await openForm();
  await name('-bad-');
  await paste('SSH keys', `${KEY}\n\nnot a key`);
  await user.type(screen.getByLabelText(/^Password/), 'short');
  await submit();
  expect(await screen.findByText('Choose a plan')).toBeVisible();
  const summary = within(screen.getByRole('complementary', { name: 'Summary' }));
  expect(summary.getByText(/^Something needs your attention: .*Choose a plan/)).toBeVisible();
  expect(screen.getByLabelText('Name')).toHaveAccessibleDescription(/Use 1 to 63 letters/);
  expect(screen.getByLabelText('SSH keys')).toHaveAccessibleDescription(/^Line 3: /);
  expect(screen.getByLabelText(/^Password/)).toHaveAccessibleDescription('Use at least 10 characters');
  expect(api.sent('POST /servers')).toHaveLength(0);
});

test('what the API refuses is shown at its field, and goes when it is changed', async () => {
  fakeApi({
    'POST /servers': () =>
      refusal(422, 'invalid_input', 'Some fields are not right', {
        issues: [{ field: 'name', message: 'a server of this name exists already' }],
      }),
  });
  const { user, submit, name } = await openForm();
  await name('web-1');
  await user.click(screen.getByRole('radio', { name: 'Small' }));
  await submit();
  const field = screen.getByLabelText('Name');
  await screen.findByText('A server of this name exists already');
  expect(field).toHaveAccessibleDescription('A server of this name exists already');
  expect(field).toBeInvalid();
  await user.type(field, '2');
  expect(field).toBeValid();
});

test('what the API refuses beside the fields is named, and not what they say themselves', async () => {
  const issues = [
    { field: 'name', message: 'a server of this name exists already' },
    { field: 'accountId', message: 'no such account' },
  ];
  fakeApi({ 'POST /servers': () => refusal(422, 'invalid_input', 'Some fields are not right', { issues }) });
  const { user, submit, name } = await openForm();
  await name('web-1');
  await user.click(screen.getByRole('radio', { name: 'Small' }));
  await submit();
  const reason = (await screen.findByText('accountId: no such account')).parentElement;
  expect(reason).not.toHaveTextContent('exists already');
});

test('a plan whose disk is too small for the template cannot be chosen and says why', async () => {
  fakeApi({
    'GET /templates': () => ok({ items: [{ ...TEMPLATE, minDiskGib: 60 }], nextCursor: null }),
    'GET /plans': () =>
      ok({ items: [PLAN, { ...PLAN, id: TEMPLATE.id, name: 'Big', diskGib: 80 }], nextCursor: null }),
  });
  await openForm();
  expect(screen.getByRole('radio', { name: 'Small' })).toBeDisabled();
  expect(screen.getByRole('radio', { name: 'Small' })).toHaveAccessibleDescription(
    /Debian 13 needs 60 GiB of disk/,
  );
  expect(screen.getByRole('radio', { name: 'Big' })).toBeEnabled();
});

test('a retry after a lost answer carries the same idempotency key, a changed order a fresh one', async () => {
  const api = fakeApi({
    'POST /servers': () => {
      throw new TypeError('Failed to fetch');
    },
  });
  const { user, submit, name } = await openForm();
  await name('web-1');
  await user.click(screen.getByRole('radio', { name: 'Small' }));
  await submit();
  expect(await screen.findByText(/it makes one server/)).toBeVisible();
  await submit();
  await name('web-2');
  await submit();
  const keys = api.sent('POST /servers').map((request) => request.headers.get('idempotency-key'));
  expect(keys).toHaveLength(3);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test('a refusal that belongs to no field is shown beside the button', async () => {
  fakeApi({
    'POST /servers': () =>
      refusal(422, 'quota_exceeded', 'You have reached your quota', { detail: 'Delete a server first.' }),
  });
  const { user, submit } = await openForm();
  await user.click(screen.getByRole('radio', { name: 'Small' }));
  await submit();
  expect(await screen.findByRole('alert')).toHaveTextContent('You have reached your quota');
});

test('an accepted order leads to the page of the server, where its steps are', async () => {
  const server = buildServer({ name: 'web-9', status: 'provisioning' });
  const operation = buildOperation(server, 'provision');
  const api = fakeApi({
    'POST /servers': () => ok({ server, operation }, 202),
    [`GET /servers/${server.id}`]: () => ok(server),
    [`GET /servers/${server.id}/operations`]: () => ok({ items: [operation], nextCursor: null }),
  });
  const { user, submit, name, router, paste } = await openForm();
  await name('web-9');
  await user.click(screen.getByRole('radio', { name: 'Small' }));
  await paste('SSH keys', KEY);
  await submit();
  expect(await screen.findByRole('heading', { name: 'web-9' })).toBeVisible();
  expect(await screen.findByText('Copy the template')).toBeVisible();
  expect(router.state.location.pathname).toBe(`/servers/${server.id}`);
  expect(api.sent('POST /servers')[0]?.body).toEqual({
    name: 'web-9',
    planId: PLAN.id,
    templateId: TEMPLATE.id,
    sshKeys: [KEY],
  });
});

const kept = (key: Partial<SavedSshKey>): SavedSshKey => ({
  id: '99999999-9999-4999-8999-999999999999',
  accountId: ACCOUNT.id,
  name: 'ada@laptop',
  publicKey: KEY,
  fingerprint: 'SHA256:x',
  servers: 0,
  createdAt: '2026-11-01T00:00:00.000Z',
  ...key,
});

test('kept keys are chosen, stay in the address, and are ordered by their ids', async () => {
  const mine = kept({});
  const theirs = kept({ id: buildServer().id, accountId: TEMPLATE.id, name: 'bob@desk' });
  const api = fakeApi({
    'GET /ssh-keys': () => ok({ items: [mine, theirs] }),
    'POST /servers': () => refusal(503, 'unavailable', 'Not now'),
  });
  const { user, submit, router } = await openForm(`?keys=${theirs.id}`);
  await user.click(screen.getByRole('radio', { name: 'Small' }));
  await user.click(await screen.findByRole('checkbox', { name: 'ada@laptop' }));
  expect(screen.queryByRole('checkbox', { name: 'bob@desk' })).toBeNull();
  expect(new URLSearchParams(router.state.location.search).get('keys')).toBe(mine.id);
  expect(screen.queryByText(/nobody can log in/)).toBeNull();
  await submit();
  expect(api.sent('POST /servers')[0]?.body).toMatchObject({ sshKeyIds: [mine.id] });
});

test('kept keys that cannot be read are asked for again', async () => {
  const api = fakeApi({ 'GET /ssh-keys': () => refusal(503, 'unavailable', 'Not now') });
  const { user } = await openForm();
  await screen.findByText('The kept keys could not be read.');
  api.on('GET /ssh-keys', () => ok({ items: [kept({})] }));
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('checkbox', { name: 'ada@laptop' })).not.toBeChecked();
});

const room = (places: Partial<Availability>[]) => () =>
  ok({
    items: places.map((place) => ({
      location: 'Bergen',
      planId: PLAN.id,
      servers: 10,
      usualSeconds: null,
      ...place,
    })),
    nextCursor: null,
  });

test('a plan that is nearly gone says so, and how soon a server is ready', async () => {
  fakeApi({ 'GET /availability': room([{ servers: 2, usualSeconds: 45 }]) });
  await openForm();
  await screen.findByText('2 left · ready in about 45 s');
});

test('a plan without room cannot be chosen, but perhaps elsewhere', async () => {
  const api = fakeApi({
    'GET /availability': room([{ servers: 0 }, { location: 'Oslo', servers: 3 }]),
    'POST /servers': () => refusal(422, 'quota_exceeded', 'You have reached your quota'),
  });
  const { user, submit } = await openForm();
  expect(await screen.findByRole('radio', { name: 'Bergen' })).toBeDisabled();
  await user.click(screen.getByRole('radio', { name: 'Oslo' }));
  await user.click(screen.getByRole('radio', { name: 'Small' }));
  await submit();
  expect(await screen.findByText('You have reached your quota')).toBeVisible();
  expect(api.sent('POST /servers')[0]?.body).toMatchObject({ location: 'Oslo' });
});

test('several servers are numbered, and those that were accepted are not ordered again', async () => {
  let left = 1;
  const api = fakeApi({
    'POST /servers': ({ body }) => {
      const { name } = body as { name: string };
      if (name === 'web-2' && left-- > 0) return refusal(422, 'no_capacity', 'There is no room');
      const server = buildServer({ name, status: 'provisioning' });
      return ok({ server, operation: buildOperation(server, 'provision') }, 202);
    },
    'GET /servers': () => ok({ items: [], nextCursor: null }),
  });
  const { user, name, router } = await openForm();
  await name('web');
  await user.clear(screen.getByLabelText('How many'));
  await user.type(screen.getByLabelText('How many'), '3');
  expect(screen.getByText('web-1 to web-3')).toBeVisible();
  await user.click(screen.getByRole('radio', { name: 'Small' }));
  const submit = () => user.click(screen.getByRole('button', { name: 'Create 3 servers' }));
  await submit();
  const dialog = within(await screen.findByRole('dialog', { name: 'Create without a way to log in?' }));
  expect(dialog.getByText(/nobody can log in to these 3 servers/)).toBeVisible();
  expect(api.sent('POST /servers')).toHaveLength(0);
  await user.click(dialog.getByRole('button', { name: 'Create anyway' }));
  expect(await screen.findByText(/1 of 3 servers is ordered: web-1/)).toBeVisible();
  await submit();
  await waitFor(() => expect(router.state.location.pathname).toBe('/'));
  const names = api.sent('POST /servers').map(({ body }) => (body as { name: string }).name);
  expect(names).toEqual(['web-1', 'web-2', 'web-2', 'web-3']);
});

test('whoever forgot the way to log in is led to it, and not asked once there is one', async () => {
  const server = buildServer({ status: 'provisioning' });
  const api = fakeApi({
    'POST /servers': () => ok({ server, operation: buildOperation(server, 'provision') }, 202),
  });
  const { user, paste } = await openForm();
  const create = () => user.click(screen.getByRole('button', { name: 'Create server' }));
  await user.click(screen.getByRole('radio', { name: 'Small' }));
  await create();
  await user.click(await screen.findByRole('button', { name: 'Add a key or a password' }));
  await waitFor(() => expect(screen.getByLabelText('SSH keys')).toHaveFocus());
  expect(screen.queryByRole('dialog')).toBeNull();
  await paste('SSH keys', KEY);
  await create();
  await waitFor(() => expect(api.sent('POST /servers')).toHaveLength(1));
});

test('what was typed is there again after a reload, but for the password', async () => {
  fakeApi();
  const first = await openForm();
  await first.name('half-done');
  await first.user.type(screen.getByLabelText('Labels (optional)'), 'env=test');
  await first.user.type(screen.getByLabelText(/^Password/), 'correct horse battery');
  cleanup();
  await openForm();
  expect(screen.getByLabelText('Name')).toHaveValue('half-done');
  expect(screen.getByLabelText('Labels (optional)')).toHaveValue('env=test');
  expect(screen.getByLabelText(/^Password/)).toHaveValue('');
  expect(JSON.stringify(sessionStorage)).not.toContain('correct horse');
});

test('a link can choose, and the address says what is chosen', async () => {
  fakeApi();
  const { user, router } = await openForm(`?plan=${PLAN.id}&name=linked`);
  expect(screen.getByRole('radio', { name: 'Small' })).toBeChecked();
  expect(screen.getByLabelText('Name')).toHaveValue('linked');
  await user.type(screen.getByLabelText('Name'), '-1');
  expect(router.state.location.search).toContain(`plan=${PLAN.id}`);
});

test('a complete form can be had as a command line, without its password', async () => {
  fakeApi();
  const { user, name } = await openForm();
  expect(screen.queryByRole('button', { name: 'As curl' })).toBeNull();
  await name('web-1');
  await user.click(screen.getByRole('radio', { name: 'Small' }));
  await user.type(screen.getByLabelText(/^Password/), 'correct horse battery');
  await user.click(screen.getByRole('button', { name: 'As curl' }));
  const dialog = within(await screen.findByRole('dialog'));
  expect(dialog.getByText(/curl -X POST/)).toHaveTextContent('"name": "web-1"');
  expect(dialog.getByText(/curl -X POST/)).not.toHaveTextContent('correct horse');
});

test('user data that cloud-init would not take is marked with its line', async () => {
  fakeApi();
  const { user } = await openForm();
  await user.click(screen.getByRole('button', { name: /Add user data/ }));
  const field = screen.getByLabelText(/^User data/);
  await user.type(field, 'packages: nginx');
  await waitFor(() => expect(field).toHaveAccessibleDescription(/Begin with #cloud-config/));
  await user.clear(field);
  await user.click(field);
  await user.paste('#cloud-config\npackages: [nginx');
  await waitFor(() => expect(field).toHaveAccessibleDescription(/^Line \d: /));
  await user.paste(']');
  await waitFor(() =>
    expect(field).toHaveAccessibleDescription('cloud-config or a script, run at the first boot'),
  );
});

test('a private key is not taken for a public one', async () => {
  fakeApi();
  const { user } = await openForm();
  const file = new File(['-----BEGIN OPENSSH PRIVATE KEY-----'], 'id_ed25519.pub', { type: 'text/plain' });
  await user.upload(screen.getByLabelText('Public key files'), file);
  expect(await screen.findByText(/That is a private key/)).toBeVisible();
  expect(screen.getByLabelText('SSH keys')).toHaveValue('');
});
