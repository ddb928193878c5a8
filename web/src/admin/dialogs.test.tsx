import { screen, waitFor, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, TEMPLATE, USER, ok, refusal, type Handler } from '../test-api.ts';
import {
  PERSON,
  DRIFT,
  ORPHAN,
  POOL,
  TEMPLATE_ROW,
  SINCE,
  ID,
  CLUSTER,
  MANAGED_PLAN,
  list,
  openAdmin,
  silence,
} from './test-admin.ts';

const orphan = (more: object) => ({ ...ORPHAN, identifier: 'vm-1-disk-0', ...more });
const type =
  (label: string | RegExp, text: string): Fill =>
  async (user, dialog) => {
    const field = dialog.getByLabelText(label);
    await user.clear(field);
    await user.type(field, text);
  };
const all =
  (...fills: Fill[]): Fill =>
  async (user, dialog) => {
    for (const fill of fills) await fill(user, dialog);
  };

type Fill = (user: UserEvent, dialog: ReturnType<typeof within>) => Promise<void>;

interface DialogCase {
  what: string;
  path: string;
  routes: Record<string, Handler>;
  /** The button that opens it. */
  open: string;
  fill?: Fill;
  submit: string;
  sends: string;
  body: unknown;
  /** It goes on with what was made instead of closing. */
  madeAs?: string;
  answer?: unknown;
}

const LINK = { link: 'https://berth.example.net/app/password#secret', expiresAt: '2027-01-01T00:00:00Z' };

const CASES: DialogCase[] = [
  {
    what: 'a difference is repaired',
    path: 'truth',
    routes: { 'GET /admin/drift': () => list(DRIFT) },
    open: 'Repair Memory (MiB) of shop-1',
    submit: 'Repair the VM',
    sends: `POST /admin/drift/${ID}/repair`,
    body: undefined,
  },
  {
    what: 'a difference is accepted',
    path: 'truth',
    routes: { 'GET /admin/drift': () => list(DRIFT) },
    open: 'Accept Memory (MiB) of shop-1',
    submit: 'Accept into the record',
    sends: `POST /admin/drift/${ID}/accept`,
    body: undefined,
  },
  {
    what: 'an orphan is put into quarantine',
    path: 'orphans',
    routes: { 'GET /admin/orphans': () => list(orphan({})) },
    open: 'Quarantine vm-1-disk-0',
    submit: 'Quarantine',
    sends: `POST /admin/orphans/${ID}/quarantine`,
    body: undefined,
  },
  {
    what: 'an orphan is destroyed once its name was typed',
    path: 'orphans',
    routes: { 'GET /admin/orphans': () => list(orphan({ state: 'quarantined', quarantinedUntil: SINCE })) },
    open: 'Destroy vm-1-disk-0',
    fill: type(/to confirm/, 'vm-1-disk-0'),
    submit: 'Destroy it for good',
    sends: `POST /admin/orphans/${ID}/destroy`,
    body: { name: 'vm-1-disk-0' },
  },
  {
    what: 'addresses are added to a pool',
    path: 'pools',
    routes: { 'GET /admin/pools': () => list(POOL) },
    open: 'Add addresses to public',
    fill: all(type('First address', '203.0.113.50'), type('How many', '5')),
    submit: 'Add addresses',
    sends: `POST /admin/pools/${ID}/addresses`,
    body: { first: '203.0.113.50', count: 5 },
  },
  {
    what: 'a pool is added',
    path: 'pools',
    routes: { 'GET /admin/pools': () => list(POOL) },
    open: 'Add pool',
    fill: all(
      type('Network', '198.51.100.0/24'),
      type('Gateway', '198.51.100.1'),
      type('First address', '198.51.100.10'),
      type('How many', '20'),
    ),
    submit: 'Add pool',
    sends: 'POST /admin/pools',
    body: {
      clusterId: CLUSTER.id,
      network: '198.51.100.0/24',
      gateway: '198.51.100.1',
      bridge: 'vmbr0',
      first: '198.51.100.10',
      count: 20,
      nameservers: [],
    },
  },
  {
    what: 'a plan is added',
    path: 'plans',
    routes: {},
    open: 'Add plan',
    fill: all(
      type('Name', 'Huge'),
      type('Processors', '16'),
      type('Memory (MiB)', '32768'),
      type('Disk (GiB)', '400'),
    ),
    submit: 'Add plan',
    sends: 'POST /admin/plans',
    body: { name: 'Huge', vcpu: 16, memoryMib: 32_768, diskGib: 400, trafficGib: null, networkMbps: null },
  },
  {
    what: 'a plan is changed',
    path: 'plans',
    routes: {},
    open: 'Edit Small',
    fill: type('Disk (GiB)', '80'),
    submit: 'Save plan',
    sends: `PATCH /admin/plans/${MANAGED_PLAN.id}`,
    body: { name: 'Small', vcpu: 2, memoryMib: 2048, diskGib: 80, trafficGib: null, networkMbps: 1000 },
  },
  {
    what: 'a template is changed',
    path: 'templates',
    routes: { 'GET /admin/templates': () => list(TEMPLATE_ROW) },
    open: 'Edit Debian 13',
    fill: type(/^Least disk/, '16'),
    submit: 'Save template',
    sends: `PATCH /admin/templates/${TEMPLATE.id}`,
    body: { minDiskGib: 16, readyWhen: 'agent' },
  },
  {
    what: 'a user is added, and gets a link',
    path: 'users',
    routes: { 'GET /admin/users': () => list(PERSON) },
    open: 'Add user',
    fill: type('E-mail', 'grace@example.org'),
    submit: 'Add user',
    sends: 'POST /admin/users',
    body: { email: 'grace@example.org', name: '', role: 'customer' },
    answer: { user: PERSON, passwordLink: LINK },
    madeAs: LINK.link,
  },
  {
    what: 'a link for a password is made',
    path: 'users',
    routes: { 'GET /admin/users': () => list(PERSON) },
    open: `Password link for ${USER.email}`,
    submit: 'Make the link',
    sends: `POST /admin/users/${USER.id}/password-link`,
    body: undefined,
    answer: LINK,
    madeAs: LINK.link,
  },
  {
    what: 'a user is disabled',
    path: 'users',
    routes: { 'GET /admin/users': () => list(PERSON) },
    open: `Disable ${USER.email}`,
    submit: 'Disable user',
    sends: `PATCH /admin/users/${USER.id}`,
    body: { disabled: true },
  },
  {
    what: 'a quota is set',
    path: 'accounts',
    routes: {},
    open: `Quota of ${ACCOUNT.name}`,
    fill: type(/^How many servers/, '20'),
    submit: 'Save quota',
    sends: `PATCH /admin/accounts/${ACCOUNT.id}`,
    body: { maxServers: 20 },
  },
  {
    what: 'an account is suspended',
    path: 'accounts',
    routes: {},
    open: `Suspend ${ACCOUNT.name}`,
    submit: 'Suspend account',
    sends: `PATCH /admin/accounts/${ACCOUNT.id}`,
    body: { suspended: true },
  },
];

describe.each(CASES)('$what', ({ path, routes, open, fill, submit, sends, body, madeAs, answer = {} }) => {
  async function ask(handler: Handler) {
    const { api, user } = openAdmin(path, { ...routes, [sends]: handler });
    await user.click(await screen.findByRole('button', { name: open }));
    const dialog = within(await screen.findByRole('dialog'));
    await fill?.(user, dialog);
    await user.click(dialog.getByRole('button', { name: submit }));
    return { api, user, dialog };
  }

  test('as it was asked for', async () => {
    const { api } = await ask(() => ok(answer));
    await waitFor(() => expect(api.sent(sends)).toHaveLength(1));
    expect(api.sent(sends)[0]?.body).toEqual(body);
    if (madeAs) {
      expect(await screen.findByText(madeAs)).toBeVisible();
      expect(screen.getByText(/^It can be used until/)).toHaveTextContent(/202[67]/);
    } else await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  });

  test('once, however often the button is pressed while nobody answers', async () => {
    const { api, user, dialog } = await ask(silence);
    await waitFor(() => expect(dialog.getByRole('button', { name: submit })).toBeDisabled());
    await user.keyboard('{Enter}');
    expect(api.sent(sends)).toHaveLength(1);
  });

  test('not when it is refused: the reason stands beside what was typed', async () => {
    const { api, user, dialog } = await ask(() =>
      refusal(409, 'conflict', 'Somebody was faster.', { detail: 'Look again.', requestId: 'r-7' }),
    );
    const alert = within(await dialog.findByRole('alert'));
    expect(alert.getByText('Somebody was faster.')).toBeVisible();
    expect(alert.getByText('Look again.')).toBeVisible();
    expect(alert.getByText('r-7')).toBeVisible();
    api.on(sends, () => ok(answer));
    await user.click(dialog.getByRole('button', { name: submit }));
    await waitFor(() => expect(api.sent(sends)).toHaveLength(2));
    expect(api.sent(sends)[1]?.body).toEqual(body);
  });
});
