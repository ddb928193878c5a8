import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ok, refusal, type Handler } from '../test-api.ts';
import { CLUSTER, list, openAdmin } from './test-admin.ts';

const URL = 'https://pve1.example.net:8006';
const PIN = Array.from({ length: 32 }, () => 'AB').join(':');
const GOOD = { ok: true, version: '9.2.11', endpoints: [{ endpoint: URL, fingerprint: PIN }], findings: [] };
const finding = (more: object) => ({ level: 'error', message: 'm', remedy: 'r', ...more });
const UNKNOWN = {
  ...GOOD,
  ok: false,
  version: null,
  findings: [
    finding({
      code: 'tls_self_signed',
      message: 'Nobody vouches for the certificate.',
      remedy: 'Pin it.',
      fingerprint: PIN,
    }),
  ],
};

async function open(routes: Record<string, Handler>, button = 'Add cluster') {
  const { api, user } = openAdmin('clusters', { 'GET /admin/clusters': () => list(CLUSTER), ...routes });
  await user.click(await screen.findByRole('button', { name: button }));
  const dialog = within(await screen.findByRole('dialog'));
  const press = (name: string) => user.click(dialog.getByRole('button', { name }));
  return { api, user, dialog, press };
}

async function openFilled(routes: Record<string, Handler>) {
  const opened = await open(routes);
  const { user, dialog } = opened;
  await user.type(dialog.getByLabelText('Name'), 'ams1');
  await user.type(dialog.getByLabelText('Location'), 'Amsterdam');
  await user.type(dialog.getByLabelText('Addresses'), URL);
  await user.type(dialog.getByLabelText('Token id'), 'berth@pve!berth');
  await user.type(dialog.getByLabelText('Token secret'), 'top-secret');
  return opened;
}

const REACH = { endpoints: [URL], tokenId: 'berth@pve!berth', tokenSecret: 'top-secret' };

test('a cluster is saved once its connection was tested', async () => {
  const { api, press } = await openFilled({
    'POST /admin/clusters/test': () => ok(GOOD),
    'POST /admin/clusters': () => ok({ cluster: CLUSTER, report: GOOD }, 201),
  });
  await press('Test connection');
  await screen.findByText('Proxmox VE 9.2.11 answers.');
  expect(api.sent('POST /admin/clusters')).toHaveLength(0);
  await press('Add cluster');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(api.sent('POST /admin/clusters')[0]?.body).toEqual({
    ...REACH,
    name: 'ams1',
    location: 'Amsterdam',
  });
});

test('the certificate that was seen is shown, and pinned when an operator agrees', async () => {
  const { api, press, dialog } = await openFilled({ 'POST /admin/clusters/test': () => ok(UNKNOWN) });
  await press('Test connection');
  expect(await dialog.findByText('Nobody vouches for the certificate.')).toBeVisible();
  expect(dialog.getByText(PIN)).toBeVisible();
  await press('It is the same: trust it');
  expect(dialog.getByLabelText('SHA-256 fingerprint')).toHaveValue(PIN);
  api.on('POST /admin/clusters/test', () => ok(GOOD));
  await press('Test connection');
  await dialog.findByText('Proxmox VE 9.2.11 answers.');
  expect(api.sent('POST /admin/clusters/test')[1]?.body).toEqual({ ...REACH, tlsFingerprint: PIN });
});

test('no single certificate is pinned where every address shows another one', async () => {
  const two = {
    ...UNKNOWN,
    findings: [PIN, PIN.replace('AB', 'CD')].map((fingerprint, at) =>
      finding({ code: 'tls_self_signed', fingerprint, endpoint: String(at) }),
    ),
  };
  const { press, dialog } = await openFilled({ 'POST /admin/clusters/test': () => ok(two) });
  await press('Test connection');
  expect(await dialog.findByText(/give the cluster's CA/)).toBeVisible();
  expect(dialog.queryByRole('button', { name: /trust it/ })).toBeNull();
});

test('what is typed after the test has to be tested again', async () => {
  const { user, dialog, press } = await openFilled({ 'POST /admin/clusters/test': () => ok(GOOD) });
  await press('Test connection');
  await dialog.findByRole('button', { name: 'Add cluster' });
  await user.type(dialog.getByLabelText('Token secret'), '2');
  expect(dialog.getByRole('button', { name: 'Test connection' })).toBeEnabled();
  expect(dialog.queryByText('Proxmox VE 9.2.11 answers.')).toBeNull();
});

test('a name that is taken is said, and nothing of the form is lost', async () => {
  const { dialog, press } = await openFilled({
    'POST /admin/clusters/test': () => ok(GOOD),
    'POST /admin/clusters': () => refusal(409, 'name_taken', 'There is a cluster ams1 already.'),
  });
  await press('Test connection');
  await dialog.findByRole('button', { name: 'Add cluster' });
  await press('Add cluster');
  expect(await dialog.findByText('There is a cluster ams1 already.')).toBeVisible();
  expect(dialog.getByLabelText('Token secret')).toHaveValue('top-secret');
});

test('limits are changed without the secret', async () => {
  const { api, user, dialog, press } = await open(
    { [`PATCH /admin/clusters/${CLUSTER.id}`]: () => ok(CLUSTER) },
    'Edit fra1',
  );
  await user.clear(dialog.getByLabelText('Copies at once per storage'));
  await user.type(dialog.getByLabelText('Copies at once per storage'), '2');
  await press('Save cluster');
  await waitFor(() =>
    expect(api.sent(`PATCH /admin/clusters/${CLUSTER.id}`)[0]?.body).toEqual({
      location: 'Frankfurt',
      copiesPerStorage: 2,
      startsPerNode: 8,
      rescueIso: null,
    }),
  );
});

test('a token is replaced once the new one was tested, and the kept one is shown nowhere', async () => {
  const { api, user, dialog, press } = await open(
    {
      [`PATCH /admin/clusters/${CLUSTER.id}`]: () => ok(CLUSTER),
      'POST /admin/clusters/test': () => ok(GOOD),
    },
    'Edit fra1',
  );
  await user.click(dialog.getByLabelText('Change how it is reached, or its token'));
  expect(dialog.getByLabelText('Token secret')).toHaveValue('');
  await press('Test connection');
  await waitFor(() => expect(dialog.getByLabelText('Token secret')).toHaveFocus());
  await user.type(dialog.getByLabelText('Token secret'), 'new-secret');
  await user.selectOptions(dialog.getByLabelText('Certificate'), 'system');
  await press('Test connection');
  await dialog.findByRole('button', { name: 'Save cluster' });
  await press('Save cluster');
  await waitFor(() =>
    expect(api.sent(`PATCH /admin/clusters/${CLUSTER.id}`)[0]?.body).toMatchObject({
      connection: { ...REACH, tokenSecret: 'new-secret' },
    }),
  );
});
