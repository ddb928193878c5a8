import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ACCOUNT, buildOperation, buildServer, ok, refusal, type Handler } from '../test-api.ts';
import { CLUSTER, UNCLAIMED_VM, list, openAdmin } from './test-admin.ts';

const PREVIEW = {
  digest: 'd'.repeat(64),
  status: 'running',
  record: {
    name: 'legacy',
    node: 'pve1',
    plan: 'Adopted',
    os: 'Linux',
    vcpu: 2,
    memoryMib: 2048,
    diskGib: 20,
    addresses: ['198.51.100.42'],
    deleteProtection: true,
  },
  changes: [{ property: 'tags', from: '', to: 'berth' }],
  obstacles: [],
};
const SEEN = 'POST /admin/adoptions/preview';
const DONE = 'POST /admin/adoptions';
const WISH = { clusterId: CLUSTER.id, vmid: 142, accountId: ACCOUNT.id };

async function open(routes: Record<string, Handler>) {
  const { api, user, router } = openAdmin(`clusters/${CLUSTER.id}/adopt`, {
    [`GET /admin/clusters/${CLUSTER.id}/unclaimed-vms`]: () => list(UNCLAIMED_VM),
    [SEEN]: () => ok(PREVIEW),
    ...routes,
  });
  await user.click(await screen.findByRole('button', { name: 'Adopt VM 142' }));
  const dialog = within(await screen.findByRole('dialog'));
  await dialog.findByRole('option', { name: /^Analytical Engines/ });
  await user.selectOptions(dialog.getByLabelText('Account'), ACCOUNT.id);
  return {
    api,
    user,
    router,
    dialog,
    press: (name: string) => user.click(dialog.getByRole('button', { name })),
  };
}

test('a VM is adopted as it was shown, and its server is followed', async () => {
  const server = buildServer({ name: 'legacy', status: 'provisioning' });
  const { api, router, dialog, press } = await open({
    [DONE]: () => ok({ server, operation: buildOperation(server, 'adopt') }, 202),
  });
  await press('Show what changes');
  expect(await dialog.findByText('198.51.100.42')).toBeVisible();
  expect(dialog.getByText('berth')).toBeVisible();
  expect(api.sent(DONE)).toHaveLength(0);
  await press('Adopt VM');
  await waitFor(() => expect(router.state.location.pathname).toBe(`/servers/${server.id}`));
  expect(api.sent(DONE)[0]?.body).toEqual({ ...WISH, digest: PREVIEW.digest });
});

test('what is in the way is shown with its remedy, and nothing can be adopted', async () => {
  const obstacles = [{ problem: 'It is locked (backup).', remedy: 'Wait until the task has ended.' }];
  const { dialog, press } = await open({ [SEEN]: () => ok({ ...PREVIEW, obstacles }) });
  await press('Show what changes');
  expect(await dialog.findByText('It is locked (backup).')).toBeVisible();
  expect(dialog.getByText('Wait until the task has ended.')).toBeVisible();
  expect(dialog.queryByRole('button', { name: 'Adopt VM' })).toBeNull();
});

test('another name has to be looked at anew', async () => {
  const { api, user, dialog, press } = await open({});
  await press('Show what changes');
  await dialog.findByRole('button', { name: 'Adopt VM' });
  await user.type(dialog.getByLabelText('Name'), 'shop');
  await press('Show what changes');
  await waitFor(() => expect(api.sent(SEEN)[1]?.body).toEqual({ ...WISH, name: 'shop' }));
});

test('a VM that changed meanwhile is not adopted: it is shown again', async () => {
  const { dialog, press } = await open({
    [DONE]: () => refusal(409, 'conflict', 'VM 142 is not as it was shown.'),
  });
  await press('Show what changes');
  await dialog.findByRole('button', { name: 'Adopt VM' });
  await press('Adopt VM');
  expect(await dialog.findByText('VM 142 is not as it was shown.')).toBeVisible();
  await press('Show what changes');
  expect(await dialog.findByRole('button', { name: 'Adopt VM' })).toBeEnabled();
  expect(dialog.queryByText('VM 142 is not as it was shown.')).toBeNull();
});

test('a cluster that nobody could look at in time says so', async () => {
  const { dialog, press } = await open({
    [SEEN]: () => refusal(503, 'unavailable', 'The cluster does not answer.'),
  });
  await press('Show what changes');
  expect(await dialog.findByText('The cluster does not answer.')).toBeVisible();
});
