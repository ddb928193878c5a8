import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../render-app.tsx';
import { PLAN, TEMPLATE, buildOperation, buildServer, fakeApi, ok, refusal } from '../test-api.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada@laptop';

async function openForm() {
  const app = renderApp('/servers/new');
  await screen.findByRole('form', { name: 'Create server' });
  const submit = () => app.user.click(screen.getByRole('button', { name: 'Create server' }));
  const name = async (text: string) => {
    await app.user.clear(screen.getByLabelText('Name'));
    await app.user.type(screen.getByLabelText('Name'), text);
  };
  return { ...app, submit, name };
}

test('a name is suggested and what is chosen is summed up', async () => {
  fakeApi();
  const { user } = await openForm();
  const suggested = (screen.getByLabelText('Name') as HTMLInputElement).value;
  expect(suggested).toMatch(/^[a-z]+-[a-z]+-\d\d$/);
  await user.click(screen.getByRole('radio', { name: 'Small' }));
  const summary = within(screen.getByRole('complementary', { name: 'Summary' }));
  for (const text of [suggested, 'Debian 13', 'Small', '2 vCPU, 2 GiB, 40 GiB']) {
    expect(summary.getByText(text)).toBeVisible();
  }
});

test('what is wrong is shown at its field before anything is sent', async () => {
  const api = fakeApi();
  const { user, submit, name } = await openForm();
  await name('-bad-');
  await user.type(screen.getByLabelText('SSH keys'), `${KEY}\n\nnot a key`);
  await user.type(screen.getByLabelText(/^Password/), 'short');
  await submit();
  expect(await screen.findByText('Choose a plan')).toBeVisible();
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
  const { user, submit, name, router } = await openForm();
  await name('web-9');
  await user.click(screen.getByRole('radio', { name: 'Small' }));
  await user.type(screen.getByLabelText('SSH keys'), KEY);
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
