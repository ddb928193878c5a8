import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { Truth } from '../../../contract/reconcile.ts';
import { buildServer, ok, refusal, type Handler } from '../test-api.ts';
import { DRIFT, ID, SINCE, openAdmin, silence } from './test-admin.ts';

const TRUTH = `GET /admin/servers/${ID}/truth`;
const REPAIR = `POST /admin/drift/${ID}/repair`;
const ACCEPT = `POST /admin/drift/${ID}/accept`;
const field = (name: string, record: string | null, proxmox: string | null) => ({
  field: name,
  title: name === 'memory' ? 'Memory (MiB)' : 'Processors',
  owner: 'berth',
  record,
  proxmox,
  agrees: record === proxmox,
});
const truth = (drift: object[], over: object = {}) => ({
  serverId: ID,
  readAt: SINCE,
  ageSeconds: 5,
  node: 'pve1',
  vmid: 142,
  fields: [field('vcpu', '2', '2'), field('memory', '2048', drift.length > 0 ? '4096' : '2048')],
  drift,
  ...over,
});

const open = (routes: Record<string, Handler> = {}) =>
  openAdmin(`servers/${ID}/truth`, {
    [`GET /servers/${ID}`]: () => ok(buildServer({ id: ID, name: 'shop-1' })),
    [TRUTH]: () => ok(truth([DRIFT]) as Truth),
    ...routes,
  });
const row = async (name: RegExp) =>
  within(
    await within(await screen.findByRole('table', { name: 'Record and VM' })).findByRole('row', { name }),
  );

test('a server stands beside its VM, and only what differs can be settled', async () => {
  open();
  expect(
    await screen.findByRole('heading', { level: 1, name: 'shop-1 compared with Proxmox VE' }),
  ).toBeVisible();
  const memory = await row(/^Memory/);
  expect(memory.getByText('4096')).toBeVisible();
  expect(memory.getByText('differs')).toBeInTheDocument();
  expect(memory.getByRole('button', { name: 'Repair Memory (MiB) of shop-1' })).toBeEnabled();
  expect((await row(/^Processors/)).queryByRole('button')).toBeNull();
});

test('a server whose record is true has nothing to settle', async () => {
  open({ [TRUTH]: () => ok(truth([])) });
  const memory = await row(/^Memory/);
  expect(memory.queryByText('differs')).toBeNull();
  expect(screen.queryByRole('button', { name: /^Repair|^Accept/ })).toBeNull();
});

test('a VM that has not been read yet is not compared with', async () => {
  open({ [TRUTH]: () => ok(truth([], { readAt: null, node: null, vmid: null, fields: [] })) });
  expect(await screen.findByText('Its VM has not been read yet; the next comparison does.')).toBeVisible();
});

test('the comparison is waited for', async () => {
  open({ [TRUTH]: silence });
  expect(await screen.findByRole('progressbar', { name: 'Loading' })).toBeVisible();
  expect(screen.queryByRole('table')).toBeNull();
});

test('a comparison that could not be read says why, and is read when asked again', async () => {
  const { api, user } = open({
    [TRUTH]: () => refusal(503, 'unavailable', 'Berth cannot reach its database.', { requestId: 'r-1' }),
  });
  const alert = within(await screen.findByRole('alert'));
  expect(alert.getByText('Berth cannot reach its database.')).toBeVisible();
  expect(alert.getByText('r-1')).toBeVisible();
  api.on(TRUTH, () => ok(truth([DRIFT])));
  await user.click(alert.getByRole('button', { name: 'Try again' }));
  expect((await row(/^Memory/)).getByText('4096')).toBeVisible();
});

async function settle(verb: 'Repair' | 'Accept', submit: string, routes: Record<string, Handler>) {
  const opened = open(routes);
  await opened.user.click(await screen.findByRole('button', { name: `${verb} Memory (MiB) of shop-1` }));
  const dialog = within(await screen.findByRole('dialog'));
  const press = () => opened.user.click(dialog.getByRole('button', { name: submit }));
  return { ...opened, dialog, press };
}

test('a difference is repaired, and shown as under way', async () => {
  const { api, dialog, press } = await settle('Repair', 'Repair the VM', { [REPAIR]: () => ok({}, 202) });
  expect(dialog.getByText('4096')).toBeVisible();
  api.on(TRUTH, () => ok(truth([{ ...DRIFT, repairRequestedAt: SINCE }])));
  await press();
  expect(await screen.findByText('Being repaired')).toBeVisible();
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(api.sent(REPAIR)).toHaveLength(1);
});

test('a difference is accepted, and is one no more', async () => {
  const { api, press } = await settle('Accept', 'Accept into the record', { [ACCEPT]: () => ok({}) });
  api.on(TRUTH, () => ok(truth([])));
  await press();
  await waitFor(() => expect(screen.queryByText('4096')).toBeNull());
  expect(api.sent(ACCEPT)).toHaveLength(1);
});

test('a repair nobody answers is asked for once', async () => {
  const { api, user, dialog, press } = await settle('Repair', 'Repair the VM', { [REPAIR]: silence });
  await press();
  expect(dialog.getByRole('button', { name: 'Repair the VM' })).toBeDisabled();
  await user.keyboard('{Enter}');
  expect(api.sent(REPAIR)).toHaveLength(1);
});

test('a difference that somebody else has settled meanwhile is refused in the dialog', async () => {
  const { dialog, press } = await settle('Accept', 'Accept into the record', {
    [ACCEPT]: () => refusal(409, 'conflict', 'This difference is not open any more.'),
  });
  await press();
  expect(await dialog.findByText('This difference is not open any more.')).toBeVisible();
});

test('what cannot be repaired or accepted offers no button for it', async () => {
  open({ [TRUTH]: () => ok(truth([{ ...DRIFT, canRepair: false, note: 'at the next start' }])) });
  const memory = await row(/^Memory/);
  expect(memory.queryByRole('button', { name: /^Repair/ })).toBeNull();
  expect(memory.getByRole('button', { name: /^Accept/ })).toBeEnabled();
  expect(memory.getByText('at the next start')).toBeVisible();
});
