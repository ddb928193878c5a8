import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, refusal, type Handler } from '../test-api.ts';
import { CLUSTER, MANAGED_PLAN, POOL, TEMPLATE_ROW, UNCLAIMED_VM, list, openAdmin } from './test-admin.ts';

interface FieldsCase {
  what: string;
  path: string;
  routes?: Record<string, Handler>;
  /** The button that opens the form. */
  open: string;
  submit: string;
  /** What is made empty before. */
  clear?: string[];
  /** What each field says of what is missing, in their order. */
  says: Record<string, string>;
}

const NUMBER = 'Enter a whole number above zero';

const CASES: FieldsCase[] = [
  {
    what: 'a plan',
    path: 'plans',
    open: 'Add plan',
    submit: 'Add plan',
    says: { Name: 'Enter a name', Processors: NUMBER, 'Memory (MiB)': NUMBER, 'Disk (GiB)': NUMBER },
  },
  {
    what: 'a plan that is changed',
    path: 'plans',
    open: `Edit ${MANAGED_PLAN.name}`,
    submit: 'Save plan',
    clear: ['Disk (GiB)'],
    says: { 'Disk (GiB)': NUMBER },
  },
  {
    what: 'a pool',
    path: 'pools',
    routes: { 'GET /admin/pools': () => list(POOL) },
    open: 'Add pool',
    submit: 'Add pool',
    clear: ['Bridge'],
    says: {
      Network: 'Enter a network such as 203.0.113.0/24',
      Gateway: 'Enter an address such as 203.0.113.1',
      Bridge: 'Enter a bridge such as vmbr0',
      'First address': 'Enter an address such as 203.0.113.10',
      'How many': NUMBER,
    },
  },
  {
    what: 'a pool where there is no cluster yet',
    path: 'pools',
    routes: { 'GET /admin/pools': () => list(POOL), 'GET /admin/clusters': () => list() },
    open: 'Add pool',
    submit: 'Add pool',
    says: { Cluster: 'Add a cluster first' },
  },
  {
    what: 'addresses of a pool',
    path: 'pools',
    routes: { 'GET /admin/pools': () => list(POOL) },
    open: 'Add addresses to public',
    submit: 'Add addresses',
    says: { 'First address': 'Enter an address such as 203.0.113.10', 'How many': NUMBER },
  },
  {
    what: 'a cluster',
    path: 'clusters',
    open: 'Add cluster',
    submit: 'Test connection',
    says: {
      Addresses: 'Enter an address such as https://pve1.example.net:8006',
      'Token id': 'Enter a token id such as berth@pve!berth',
      'Token secret': 'Enter the secret of the token',
    },
  },
  {
    what: 'a cluster that is changed',
    path: 'clusters',
    open: `Edit ${CLUSTER.name}`,
    submit: 'Save cluster',
    clear: ['Location', 'Starts at once per node'],
    says: { Location: 'Enter what customers see', 'Starts at once per node': NUMBER },
  },
  {
    what: 'a user',
    path: 'users',
    routes: { 'GET /admin/users': () => list() },
    open: 'Add user',
    submit: 'Add user',
    says: { 'E-mail': 'Enter an e-mail address' },
  },
  {
    what: 'a quota',
    path: 'accounts',
    open: `Quota of ${ACCOUNT.name}`,
    submit: 'Save quota',
    clear: ['How many servers it may have'],
    says: { 'How many servers it may have': 'Enter a number, or 0 for none' },
  },
  {
    what: 'a template',
    path: 'templates',
    routes: { 'GET /admin/templates': () => list(TEMPLATE_ROW) },
    open: 'Edit Debian 13',
    submit: 'Save template',
    clear: ['Least disk (GiB)'],
    says: { 'Least disk (GiB)': NUMBER },
  },
  {
    what: 'an adoption',
    path: `clusters/${CLUSTER.id}/adopt`,
    routes: { [`GET /admin/clusters/${CLUSTER.id}/unclaimed-vms`]: () => list(UNCLAIMED_VM) },
    open: `Adopt VM ${UNCLAIMED_VM.vmid}`,
    submit: 'Show what changes',
    says: { Account: 'Choose the account that will own it' },
  },
];

async function open({ path, routes = {}, open: opener }: Pick<FieldsCase, 'path' | 'routes' | 'open'>) {
  const { api, user } = openAdmin(path, routes);
  const button = await screen.findByRole('button', { name: opener });
  await user.click(button);
  return { api, user, button, dialog: within(await screen.findByRole('dialog')) };
}

describe.each(CASES)('the form of $what', ({ submit, clear = [], says, ...one }) => {
  test('says beside each field what is missing, and leads to the first', async () => {
    const { user, dialog } = await open(one);
    for (const label of clear) await user.clear(dialog.getByLabelText(label));
    await user.click(dialog.getByRole('button', { name: submit }));
    const [first = ''] = Object.keys(says);
    await waitFor(() => expect(dialog.getByLabelText(first)).toHaveFocus());
    for (const [label, text] of Object.entries(says)) {
      expect(dialog.getByLabelText(label)).toBeInvalid();
      expect(dialog.getByLabelText(label)).toHaveAccessibleDescription(text);
    }
  });

  test('gives the focus back when it is closed', async () => {
    const { user, button, dialog } = await open(one);
    await user.click(dialog.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(button).toHaveFocus();
  });
});

describe('a plan', () => {
  const ADD = 'POST /admin/plans';
  const refused = (...fields: string[]) =>
    refusal(422, 'invalid_input', 'Some of the input cannot be used.', {
      issues: fields.map((field) => ({ field, message: `no good ${field}` })),
    });

  async function submit(answer: () => Response) {
    const opened = await open({ path: 'plans', routes: { [ADD]: answer }, open: 'Add plan' });
    const { user, dialog } = opened;
    for (const label of ['Name', 'Processors', 'Memory (MiB)', 'Disk (GiB)'])
      await user.type(dialog.getByLabelText(label), '99999');
    await user.click(dialog.getByRole('button', { name: 'Add plan' }));
    return opened;
  }

  test('sends nothing while something is missing', async () => {
    const { api, user, dialog } = await open({ path: 'plans', open: 'Add plan' });
    await user.click(dialog.getByRole('button', { name: 'Add plan' }));
    await waitFor(() => expect(dialog.getByLabelText('Name')).toBeInvalid());
    expect(api.sent(ADD)).toHaveLength(0);
  });

  test('says no more of a field once it is filled in', async () => {
    const { user, dialog } = await open({ path: 'plans', open: 'Add plan' });
    await user.click(dialog.getByRole('button', { name: 'Add plan' }));
    await waitFor(() => expect(dialog.getByLabelText('Name')).toBeInvalid());
    await user.type(dialog.getByLabelText('Name'), 'Huge');
    expect(dialog.getByLabelText('Name')).toBeValid();
    expect(dialog.getByLabelText('Processors')).toBeInvalid();
  });

  test('that is refused leads to the first field that is, and says why there', async () => {
    const { dialog } = await submit(() => refused('memoryMib', 'diskGib'));
    await waitFor(() => expect(dialog.getByLabelText('Memory (MiB)')).toHaveFocus());
    expect(dialog.getByLabelText('Memory (MiB)')).toHaveAccessibleDescription('No good memoryMib');
    expect(dialog.getByLabelText('Disk (GiB)')).toHaveAccessibleDescription('No good diskGib');
    expect(dialog.getByLabelText('Disk (GiB)')).toHaveValue('99999');
    expect(dialog.queryByRole('alert')).toBeNull();
  });

  test('that is refused for what the form does not show is named with it', async () => {
    const { dialog } = await submit(() => refused('vcpu', 'priceCents'));
    const alert = await dialog.findByRole('alert');
    expect(alert).toHaveTextContent('priceCents: no good priceCents');
    expect(alert).not.toHaveTextContent('no good vcpu');
    await waitFor(() => expect(dialog.getByLabelText('Processors')).toHaveFocus());
  });

  test('that is refused for no field leads to the reason', async () => {
    const { dialog } = await submit(() => refusal(409, 'conflict', 'Somebody was faster.'));
    const alert = await dialog.findByRole('alert');
    await waitFor(() => expect(alert).toHaveFocus());
  });
});
