import { definitionOf, OPERATION_TYPES, type OperationType } from '../../contract/operation-table.ts';
import type { Decision, Operation } from '../../contract/operations.ts';
import type { Accepted } from '../../contract/servers.ts';
import type { HeldServer } from '../oracle.ts';
import type { ApiClient, ClusterVm, RunningBerth } from '../e2e/berth.ts';
import { until } from '../until.ts';
import { ACCEPTED, END } from './holds.ts';

/** What a server is before its operation is asked for. `none`: it does not exist. A foreign VM bears its name. */
export type Before = 'none' | 'a foreign VM' | 'running' | 'stopped' | 'suspended' | 'in rescue';

/** What a promise is held against. */
interface Found {
  operation: Operation;
  /** What high availability is told to make of the VM; undefined where it does not look after it. */
  haState: string | undefined;
}

interface Recipe {
  before: Before;
  /** Steps of the table that it does not come to. */
  passesBy?: readonly string[];
  request(berth: RunningBerth, server: { id: string; name: string }): Promise<Accepted>;
  /** What is not as the operation promises once it has ended; an empty list when all is well. */
  wrong(vm: ClusterVm | undefined, server: HeldServer, found: Found): string[];
}

/** An operation under circumstances that change its way, such as a VM that high availability looks after. */
export interface Scenario extends Recipe {
  /** Of its rows in the matrix. */
  name: string;
  type: OperationType;
  /** Where it can be held: before it begins, before a step, before its end is recorded; or `WAITING`, or `PAUSED`. */
  boundaries: string[];
  /** High availability looks after the VM. */
  isHa?: boolean;
  /** The guest agent does not answer. */
  isSilent?: boolean;
  /** Cancelled once the victim has been struck; the promise is then about that. */
  isUndone?: boolean;
  /** Its copy finds the storage full, and this is decided once the victim has been struck. */
  decision?: Decision;
}

/** In the middle of a deletion's grace period. */
export const WAITING = '(in grace)';
/** While it needs attention. */
export const PAUSED = '(paused)';
/** Time enough to ask for the deletions, power off and strike; over before the last others have ended. */
const GRACE_MS = 30_000;
/** What the Berth under test is to be set to. */
export const GRACE_HOURS = GRACE_MS / 3_600_000;

const PASSWORD = 'correct horse battery';

const running = (vm: ClusterVm | undefined): string[] =>
  vm === undefined ? ['there is no VM'] : vm.guest ? [] : ['the VM does not run'];
const stopped = (vm: ClusterVm | undefined): string[] =>
  vm === undefined ? ['there is no VM'] : vm.guest ? ['the VM runs'] : [];
const is = (what: string, found: unknown, wanted: unknown): string[] =>
  String(found) === String(wanted) ? [] : [`${what} is ${String(found)}, not ${String(wanted)}`];

const post = async (client: ApiClient, path: string, body: object = {}) =>
  client.accepted(client.request('POST', path, body));

const action = (name: string, before: Before, wrong: Recipe['wrong']): Recipe => ({
  before,
  request: (berth, { id }) => post(berth.api, `/servers/${id}/actions`, { action: name }),
  wrong,
});

async function idOf(client: ApiClient, list: 'plans' | 'templates', name: string): Promise<string> {
  const { items } = await client.get<{ items: { id: string; name: string }[] }>(`/${list}`);
  const found = items.find((item) => item.name === name);
  if (!found) throw new Error(`${name} is not among the ${list}`);
  return found.id;
}

/** How each operation is asked for by its user, and what it promises. */
const RECIPES: Record<OperationType, Recipe> = {
  provision: {
    before: 'none',
    request: async ({ api }, { name }) => api.accepted(api.order(name)),
    wrong: (vm, { vcpu, memoryMib }) => [
      ...running(vm),
      ...is('cores', vm?.config['cores'], vcpu),
      ...is('memory', vm?.config['memory'], memoryMib),
    ],
  },
  start: action('start', 'stopped', running),
  shutdown: action('shutdown', 'running', stopped),
  stop: action('stop', 'running', stopped),
  reboot: action('reboot', 'running', running),
  reset: action('reset', 'running', running),
  resize: {
    before: 'running',
    request: async ({ api }, { id }) =>
      post(api, `/servers/${id}/resize`, { planId: await idOf(api, 'plans', 'Medium') }),
    wrong: (vm, { vcpu, memoryMib, diskGib }) => [
      ...running(vm),
      ...is('recorded memory', memoryMib, 4_096),
      // What cannot be changed while it runs waits for a restart.
      ...is('memory', vm?.pending['memory'] ?? vm?.config['memory'], memoryMib),
      ...is('cores', vm?.pending['cores'] ?? vm?.config['cores'], vcpu),
      ...is('disk', /size=(\d+)G/.exec(String(vm?.config['scsi0']))?.[1], diskGib),
    ],
  },
  rebuild: {
    before: 'running',
    request: async ({ api }, { id }) =>
      post(api, `/servers/${id}/rebuild`, { templateId: await idOf(api, 'templates', 'ubuntu-24.04') }),
    wrong: (vm, { vcpu }) => [...running(vm), ...is('cores', vm?.config['cores'], vcpu)],
  },
  suspend: {
    before: 'running',
    request: ({ admin }, { id }) => post(admin, `/servers/${id}/suspend`, { reason: 'Overdue on payment' }),
    wrong: (vm, { lifecycle }) => [
      ...stopped(vm),
      ...is('lifecycle', lifecycle, 'suspended'),
      ...is('onboot', vm?.config['onboot'] ?? 0, 0),
    ],
  },
  unsuspend: {
    before: 'suspended',
    request: ({ admin }, { id }) => post(admin, `/servers/${id}/unsuspend`),
    wrong: (vm, { lifecycle }) => [
      ...running(vm),
      ...is('lifecycle', lifecycle, 'active'),
      ...is('onboot', vm?.config['onboot'], 1),
    ],
  },
  rescue: {
    before: 'running',
    request: ({ api }, { id }) => post(api, `/servers/${id}/rescue`),
    wrong: (vm) => [
      ...running(vm),
      ...(Object.values(vm?.config ?? {}).some((value) => String(value).includes('rescue.iso'))
        ? []
        : ['the rescue medium is not in a drive']),
    ],
  },
  leave_rescue: {
    before: 'in rescue',
    request: async ({ api }, { id }) => api.accepted(api.request('DELETE', `/servers/${id}/rescue`)),
    wrong: (vm) => [
      ...running(vm),
      ...(Object.values(vm?.config ?? {}).some((value) => String(value).includes('rescue.iso'))
        ? ['the rescue medium is still in a drive']
        : []),
    ],
  },
  reset_password: {
    before: 'running',
    passesBy: ['cloudinit', 'reboot'],
    request: ({ api }, { id }) =>
      post(api, `/servers/${id}/password`, { password: PASSWORD, allowReboot: true }),
    wrong: running,
  },
  adopt: {
    before: 'a foreign VM',
    async request(berth, { name }) {
      const { admin, api } = berth;
      const { vms } = await berth.cluster();
      const vm = Object.values(vms).find(({ config }) => config['name'] === name);
      const clusters = await admin.get<{ items: { id: string }[] }>('/admin/clusters');
      const { accounts } = await api.get<{ accounts: { id: string }[] }>('/users/me');
      const wish = { vmid: vm?.vmid, clusterId: clusters.items[0]?.id, accountId: accounts[0]?.id, name };
      let digest: string | undefined;
      // As an admin who asks again while the worker is too busy to look at the VM in time.
      await until(async () => {
        const preview = await admin.request('POST', '/admin/adoptions/preview', wish);
        if (preview.status === 503) return false;
        if (!preview.ok) throw new Error(`${preview.status} ${await preview.text()}`);
        ({ digest } = (await preview.json()) as { digest: string });
        return true;
      }, 60_000);
      return post(admin, '/admin/adoptions', { ...wish, digest });
    },
    wrong: (vm, { id, lifecycle }) => [
      ...is('lifecycle', lifecycle, 'active'),
      ...(String(vm?.config['description']).includes(id) ? [] : ['the VM is not marked']),
    ],
  },
  migrate: {
    before: 'running',
    request: async ({ admin }, { id }) => {
      const { node } = await admin.server(id);
      return post(admin, `/servers/${id}/migrate`, { node: node === 'pve1' ? 'pve2' : 'pve1' });
    },
    wrong: running,
  },
  terminate: {
    before: 'running',
    passesBy: ['grace'],
    request: async ({ admin }, { id }) => admin.accepted(admin.request('DELETE', `/servers/${id}?now=true`)),
    wrong: (vm, { lifecycle, vmid, addresses }) => [
      ...(vm ? ['the VM is still there'] : []),
      ...is('lifecycle', lifecycle, 'deleted'),
      ...(vmid === null ? [] : [`VM id ${vmid} is still leased`]),
      ...addresses.map((address) => `${address} is still leased`),
    ],
  },
};

/** Held everywhere. */
const plain = (type: OperationType): Scenario => {
  const { passesBy = [] } = RECIPES[type];
  const steps = definitionOf(type).steps.map(({ name }) => name);
  const boundaries = [ACCEPTED, ...steps.filter((name) => !passesBy.includes(name)), END];
  return { ...RECIPES[type], name: type, type, boundaries };
};

/** On a VM that high availability looks after, held where that makes a difference; `promised` is what it is told to want. */
const underHa = (type: OperationType, boundaries: string[], promised: string | undefined): Scenario => ({
  ...RECIPES[type],
  name: `${type} (HA)`,
  type,
  boundaries,
  isHa: true,
  wrong: (vm, server, found) => [
    ...RECIPES[type].wrong(vm, server, found),
    ...is('the state wanted by high availability', found.haState, promised),
  ],
});

const deleteByCustomer: Recipe['request'] = async ({ api }, { id }) =>
  api.accepted(api.request('DELETE', `/servers/${id}`));

const VARIANTS: Scenario[] = [
  {
    ...RECIPES.provision,
    name: 'provision (resumed)',
    type: 'provision',
    boundaries: [PAUSED],
    decision: 'resume',
  },
  {
    ...RECIPES.provision,
    name: 'provision (rolled back)',
    type: 'provision',
    boundaries: [PAUSED],
    decision: 'roll_back',
  },
  {
    ...RECIPES.reset_password,
    name: 'reset_password (cloud-init)',
    type: 'reset_password',
    boundaries: ['cloudinit', 'reboot', END],
    isSilent: true,
    wrong: (vm) => [
      ...running(vm),
      // Proxmox keeps it hashed.
      ...(vm?.guest?.config['cipassword'] ? [] : ['the guest was not started with the password']),
    ],
  },
  {
    ...RECIPES.terminate,
    name: 'terminate (grace)',
    type: 'terminate',
    boundaries: ['grace', WAITING, 'destroy'],
    request: deleteByCustomer,
    wrong: (vm, server, found) => [
      ...RECIPES.terminate.wrong(vm, server, found),
      ...(lastedMs(found.operation) < GRACE_MS ? ['it was erased before its time'] : []),
    ],
  },
  {
    before: 'running',
    name: 'terminate (undone)',
    type: 'terminate',
    boundaries: [WAITING],
    isUndone: true,
    request: deleteByCustomer,
    wrong: (vm, { lifecycle }) => [
      ...running(vm),
      ...is('lifecycle', lifecycle, 'active'),
      ...is('onboot', vm?.config['onboot'], 1),
    ],
  },
  underHa('start', ['start'], 'started'),
  underHa('shutdown', ['shutdown'], 'stopped'),
  underHa('stop', ['stop'], 'stopped'),
  underHa('reboot', ['reboot'], 'started'),
  underHa('resize', ['disk', 'configure'], 'started'),
  underHa('suspend', ['shutdown'], 'stopped'),
  underHa('unsuspend', ['start'], 'started'),
  underHa('rescue', ['restart'], 'started'),
  underHa('leave_rescue', ['restart'], 'started'),
  underHa('migrate', ['move', 'verify'], 'started'),
  underHa('terminate', ['stop', 'destroy'], undefined),
];

function lastedMs({ createdAt, finishedAt }: Operation): number {
  return Date.parse(finishedAt ?? createdAt) - Date.parse(createdAt);
}

/** Every operation, each followed by its variants. */
export const SCENARIOS: readonly Scenario[] = OPERATION_TYPES.flatMap((type) => [
  plain(type),
  ...VARIANTS.filter((variant) => variant.type === type),
]);
