import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startMariadb } from '../../testbed/mariadb-server.ts';
import type { Defect } from '../../testbed/whmcs/defects.ts';
import { generate } from '../../testbed/whmcs/generate.ts';
import { serviceRow, vmRows } from '../../testbed/whmcs/provider.ts';
import { createRandom } from '../../testbed/whmcs/random.ts';
import type { ProviderVm } from '../../testbed/whmcs/service-vms.ts';
import type { ServiceTruth } from '../../testbed/whmcs/truth.ts';
import { createWorld, type WorldOptions } from '../../testbed/whmcs/world.ts';
import { connectSource } from '../legacy/connect-source.ts';
import { readCatalogue } from '../legacy/read-catalogue.ts';
import { readServicePage, type ServiceBundle } from '../legacy/read-services.ts';
import { parseMapping } from '../mapping.ts';
import {
  bindVm,
  candidateNames,
  pointAtVms,
  type BindResult,
  type ClusterVm,
  type WantedVm,
} from './bind-vm.ts';
import { createContext, type TransformContext } from './context.ts';
import type { BindingClaim } from './read-binding.ts';
import { claimedVm } from './claimed-vm.ts';
import { transformService, type ServiceFields } from './transform-service.ts';

const SERVICE = 1234;

function fieldsWith(claim: Partial<BindingClaim>, fields: Partial<ServiceFields> = {}): ServiceFields {
  const vmid = claim.vmid === undefined ? 3001 : claim.vmid;
  const way = claim.way ?? (vmid === null ? 'corroboration' : 'module');
  const from = way === 'module' ? `mod_pvewhmcs_vms ${SERVICE}` : `tblhosting.${way}`;
  return {
    clientId: 55,
    productId: 101,
    status: 'active',
    suspendReason: null,
    hostname: 'web7.example.net',
    cycle: 'Monthly',
    amount: '10.00',
    currency: 'EUR',
    nextDue: '2026-02-01',
    registered: null,
    quantity: 1,
    vcpu: 2,
    memoryMib: 4096,
    diskGib: 40,
    trafficGib: null,
    trafficUnlimited: false,
    networkMbps: null,
    ipv4Count: 1,
    primaryIp: null,
    extraIps: [],
    ipv6: [],
    os: null,
    location: null,
    backups: false,
    ...fields,
    binding: {
      cluster: 'fra1',
      way,
      kind: null,
      node: null,
      evidence: vmid === null ? [] : [{ way, vmid, from }],
      ...claim,
      vmid,
    },
  };
}

function vmWith(vm: Partial<ClusterVm>): ClusterVm {
  return {
    clusterId: `id of ${vm.cluster ?? 'fra1'}`,
    cluster: 'fra1',
    vmid: 3001,
    node: 'pve1',
    kind: 'qemu',
    name: 'vps1234-cus55',
    status: 'running',
    vcpu: 2,
    memoryMib: 4096,
    diskGib: 40,
    template: false,
    ...vm,
  };
}

/** `fra1/3001`, warnings after it, or the code of the refusal. */
function shortly(result: BindResult): string {
  if ('reason' in result) return result.reason.code;
  const { cluster, vmid } = result.binding;
  return [`${cluster}/${vmid}`, ...result.warnings.map(({ code }) => code)].join(' ');
}

const anywhere: Partial<BindingClaim> = { cluster: null, way: 'notes' };
const byName: Partial<BindingClaim> = { cluster: null, vmid: null };
const has: Partial<ServiceFields> = { primaryIp: '10.0.0.7' };
const twin: Partial<ClusterVm> = { cluster: 'ams1', addresses: ['10.0.0.7/24', '2001:db8::7/64'] };

type Case = [
  name: string,
  claim: Partial<BindingClaim>,
  vms: Partial<ClusterVm>[],
  expected: string,
  fields?: Partial<ServiceFields>,
];

const CASES: Case[] = [
  ['takes the VM that cluster and VMID name', {}, [{}], 'fra1/3001'],
  ['knows it by cluster, not by number alone', {}, [{ cluster: 'ams1' }, {}], 'fra1/3001'],
  ['does not take the same number of another cluster', {}, [{ cluster: 'ams1' }], 'vm_not_found'],
  ['does not take a fitting name for a VMID that is gone', {}, [{ vmid: 3002 }], 'vm_not_found'],
  ['finds nothing where nothing is', {}, [], 'vm_not_found'],
  ['refuses a VM of another kind', { kind: 'lxc' }, [{}], 'vm_kind_mismatch'],
  ['refuses a container where a VM is meant', { kind: 'qemu' }, [{ kind: 'lxc' }], 'vm_kind_mismatch'],
  ['refuses a container nobody spoke of', {}, [{ kind: 'lxc' }], 'vm_kind_unsupported'],
  ['refuses a container that is meant', { kind: 'lxc' }, [{ kind: 'lxc' }], 'vm_kind_unsupported'],
  ['refuses a template', {}, [{ template: true }], 'vm_is_template'],
  ['follows a VM to another node', { node: 'pve3' }, [{}], 'fra1/3001'],
  ['takes a VM with a name of its own', {}, [{ name: 'customer-mueller' }], 'fra1/3001'],
  ['takes a VM without a name', {}, [{ name: null }], 'fra1/3001'],
  ['warns of the name of another service', {}, [{ name: 'VPS77-cus5' }], 'fra1/3001 vm_name_foreign'],
  ['knows its own VM after a change of client', {}, [{ name: 'vps1234-cus9' }], 'fra1/3001'],
  [
    'trusts no number that is the id of the service when the VM is named for another',
    { way: 'serviceId', vmid: SERVICE },
    [{ vmid: SERVICE, name: 'vm-77' }],
    'vm_ambiguous',
  ],
  [
    'takes a number that is the id of the service where the mapping says so',
    { way: 'serviceId', vmid: SERVICE },
    [{ vmid: SERVICE, name: 'vps1234' }],
    `fra1/${SERVICE}`,
  ],
  ['warns of a VM that does not run', {}, [{ status: 'stopped' }], 'fra1/3001 vm_stopped'],
  ['does not call unknown stopped', {}, [{ status: 'unknown' }], 'fra1/3001'],
  ['lets suspended ones be stopped', {}, [{ status: 'stopped' }], 'fra1/3001', { status: 'suspended' }],
  ['lets completed ones be stopped', {}, [{ status: 'stopped' }], 'fra1/3001', { status: 'completed' }],
  ['warns of other cores', {}, [{ vcpu: 4 }], 'fra1/3001 spec_drift'],
  ['warns of other memory', {}, [{ memoryMib: 8192 }], 'fra1/3001 spec_drift'],
  ['says nothing of another disk', {}, [{ diskGib: 80 }], 'fra1/3001'],
  [
    'says nothing of what was not sold or is not known',
    {},
    [{ vcpu: null }],
    'fra1/3001',
    { memoryMib: null },
  ],
  ['gives warnings in order', {}, [{ vcpu: 9, status: 'stopped' }], 'fra1/3001 spec_drift vm_stopped'],

  [
    'without a cluster, takes the one whose name fits',
    anywhere,
    [{ name: 'other' }, { cluster: 'ams1' }],
    'ams1/3001',
  ],
  ['without a cluster, does not believe a number alone', anywhere, [{ name: 'other' }], 'vm_not_found'],
  ['without a cluster, does not believe sizes alone', anywhere, [{ name: null }], 'vm_not_found'],
  ['without a cluster, does not choose between equals', anywhere, [{}, { cluster: 'ams1' }], 'vm_ambiguous'],
  [
    'without a cluster, lets both sizes decide',
    anywhere,
    [{ vcpu: 1, memoryMib: 512 }, { cluster: 'ams1' }],
    'ams1/3001',
  ],
  ['without a cluster, one size is too little', anywhere, [{ vcpu: 1 }, { cluster: 'ams1' }], 'vm_ambiguous'],
  [
    'without a cluster, a whole name beats its first part',
    anywhere,
    [{ name: 'web7' }, { name: 'web7.example.net', cluster: 'ams1' }],
    'ams1/3001',
  ],
  ['without a cluster, finds nothing where nothing is', anywhere, [], 'vm_not_found'],

  ['by name, takes the only one', byName, [{ vmid: 9, name: 'WEB7.example.net' }], 'fra1/9'],
  ['by name, knows names modules give', byName, [{ vmid: 9, name: '1234-1700000000' }], 'fra1/9'],
  ['by name, knows the name of embire2', byName, [{ vmid: 9, name: 'vm-1234' }], 'fra1/9'],
  ['by name, does not choose', byName, [{ vmid: 9 }, { vmid: 8, name: 'vps1234' }], 'vm_ambiguous'],
  ['by name, does not choose between clusters', byName, [{}, { cluster: 'ams1' }], 'vm_ambiguous'],
  ['by name, does not see templates', byName, [{ template: true }, { vmid: 9 }], 'fra1/9'],
  ['by name, never by the number', byName, [{ vmid: SERVICE, name: 'test' }], 'vm_not_found'],
  ['by name, refuses a container', byName, [{ kind: 'lxc' }], 'vm_kind_unsupported'],
  ['by name, takes the first part when sizes fit', byName, [{ name: 'web7' }], 'fra1/3001'],
  [
    'by name, the first part is too little when sizes differ',
    byName,
    [{ name: 'web7', vcpu: 1 }],
    'vm_ambiguous',
  ],
  [
    'by name, does not take the VM of service 77 for a host called vps77',
    byName,
    [{ name: 'vps77' }],
    'vm_ambiguous',
    { hostname: 'vps77.example.net' },
  ],
  ['by name, lets an address decide', byName, [{ addresses: ['10.0.0.9/24'] }, twin], 'ams1/3001', has],
  [
    'by name, lets a MAC address decide',
    { ...byName, mac: 'bc:24:11:00:00:07' },
    [{ addresses: ['bc:24:11:00:00:09'] }, { ...twin, addresses: ['bc:24:11:00:00:07'] }],
    'ams1/3001',
  ],
  [
    'by name, an address both have decides nothing',
    byName,
    [{ ...twin, cluster: 'fra1' }, twin],
    'vm_ambiguous',
    has,
  ],
  [
    'by name, lets an address speak for the first part of the name',
    byName,
    [{ name: 'web7', vcpu: 1, addresses: ['10.0.0.7/24'] }],
    'fra1/3001 spec_drift',
    has,
  ],
  [
    'without a cluster, lets an address decide',
    anywhere,
    [
      { name: null, addresses: [] },
      { ...twin, name: 'x' },
    ],
    'ams1/3001',
    has,
  ],
  [
    'never takes an address for a VM that neither number nor name points at',
    byName,
    [{ ...twin, name: 'other' }],
    'vm_not_found',
    has,
  ],

  [
    'by name, finds nothing without one',
    byName,
    [{ name: null }, { name: '' }],
    'vm_not_found',
    { hostname: null },
  ],
];

it.each(CASES)('%s', (_name, claim, vms, expected, fields) => {
  expect(shortly(bindVm(SERVICE, fieldsWith(claim, fields), vms.map(vmWith)))).toBe(expected);
});

it('says why, in words for people', () => {
  const result = bindVm(SERVICE, fieldsWith({ node: 'pve3' }), [vmWith({})]);
  expect(result).toMatchObject({
    binding: {
      clusterId: 'id of fra1',
      node: 'pve1',
      way: 'module',
      score: 100,
      reasons: [
        'mod_pvewhmcs_vms 1234 names VMID 3001 on fra1',
        'name vps1234-cus55 fits',
        '2 cores as sold',
        'memory 4096 MiB as sold',
        'moved from node pve3 to pve1',
      ],
    },
    trace: [{ from: 'VM 3001 on fra1', effect: 'bound' }],
  });
});

it('hints at where a VM may have gone', () => {
  const result = bindVm(SERVICE, fieldsWith({}), [vmWith({ cluster: 'ams1', vmid: 42 })]);
  expect('reason' in result && result.reason.message).toBe(
    'there is no VM 3001 on fra1; by its name it could be VM 42 on ams1',
  );
});

it('takes a VM for left over only when its name says so, as VMIDs are used again', () => {
  const fields = fieldsWith({});
  const reused = vmWith({ name: 'monitoring' });
  const moved = vmWith({ vmid: 9, cluster: 'ams1' });
  const namesake = vmWith({ vmid: 10, name: 'web7' });
  const candidates = [reused, moved, namesake];
  expect(pointAtVms(SERVICE, fields, candidates, 'skipped')).toEqual([moved]);
  expect(pointAtVms(SERVICE, fields, candidates, 'quarantined')).toEqual([reused, moved, namesake]);
  expect(pointAtVms(SERVICE, fields, [vmWith({ name: 'x', cluster: 'ams1' })], 'quarantined')).toEqual([]);
});

it('knows the names to look for', () => {
  expect(candidateNames(SERVICE, fieldsWith({}, { hostname: 'Web7.example.net' }))).toEqual([
    'web7.example.net',
    'web7',
    'vps1234',
    'vps1234-cus55',
    'vm-1234',
  ]);
  expect(candidateNames(SERVICE, fieldsWith({}, { hostname: null }))).toHaveLength(3);
});

it('has an answer to anything, and the same for candidates in any order', () => {
  const random = createRandom('bind anything');
  let n = 0;
  const pick = <T>(values: T[]): T => {
    n += 1;
    return random.pick('pick', n, values);
  };
  const names = [
    '',
    null,
    'web7',
    'web7.example.net',
    'vps1234',
    'vps77',
    'vm-1234',
    '\0|',
    '1234-1700000000',
  ];
  const vm = () =>
    vmWith({
      cluster: pick(['fra1', 'ams1', '']),
      vmid: pick([3001, 3002, SERVICE, -1, Number.NaN]),
      kind: pick(['qemu', 'lxc']),
      name: pick(names),
      status: pick(['running', 'stopped', 'unknown', '']),
      vcpu: pick([2, 4, null]),
      memoryMib: pick([4096, 512, null]),
      template: pick([true, false, false, false]),
    });
  for (let round = 0; round < 20_000; round += 1) {
    const fields = fieldsWith(
      {
        cluster: pick(['fra1', null, 'nowhere']),
        vmid: pick([3001, SERVICE, null]),
        way: pick(['module', 'field', 'serviceId', 'corroboration', 'notes']),
        kind: pick(['qemu', 'lxc', null]),
        node: pick(['pve1', null]),
      },
      {
        hostname: pick(['web7.example.net', 'vps77.example.net', null, '']),
        status: pick(['active', 'suspended']),
      },
    );
    const seen = new Set<string>();
    const vms = Array.from({ length: pick([0, 1, 2, 3, 7]) }, vm).filter(({ cluster, vmid }) => {
      const key = `${cluster} ${vmid}`;
      return !seen.has(key) && seen.add(key);
    });
    const result = bindVm(SERVICE, fields, vms);
    expect(shortly(bindVm(SERVICE, fields, vms.toReversed()))).toBe(shortly(result));
    if ('reason' in result) {
      for (const rival of result.rivals) expect(vms).toContain(rival);
      expect(result.reason.code).toMatch(/^vm_/);
      continue;
    }
    const { binding } = result;
    const chosen = vms.find(
      ({ cluster, vmid }) => cluster === binding.cluster && Object.is(vmid, binding.vmid),
    );
    expect(chosen).toMatchObject({ kind: 'qemu', template: false });
    if (fields.binding.vmid !== null) expect(binding.vmid).toBe(fields.binding.vmid);
    if (fields.binding.cluster !== null && fields.binding.vmid !== null)
      expect(binding.cluster).toBe(fields.binding.cluster);
    expect(binding.score).toBeGreaterThanOrEqual(0);
    expect(binding.score).toBeLessThanOrEqual(100);
  }
});

/** As a cluster would list it. */
function toClusterVm({
  cluster,
  vmid,
  node,
  name,
  cores,
  memoryMib,
  diskGib,
  isRunning,
  isContainer,
}: ProviderVm): ClusterVm {
  return vmWith({
    clusterId: cluster,
    cluster,
    vmid,
    node,
    kind: isContainer ? 'lxc' : 'qemu',
    name,
    status: isRunning ? 'running' : 'stopped',
    vcpu: cores,
    memoryMib,
    diskGib,
  });
}

interface Inventory {
  byVmid: Map<number, ClusterVm[]>;
  byName: Map<string, ClusterVm[]>;
}

function inventoryOf(options: WorldOptions): Inventory {
  const inventory: Inventory = { byVmid: new Map(), byName: new Map() };
  for (const row of vmRows(createWorld(options))) {
    const vm = toClusterVm(row);
    const name = row.name.toLowerCase();
    inventory.byVmid.set(vm.vmid, [...(inventory.byVmid.get(vm.vmid) ?? []), vm]);
    inventory.byName.set(name, [...(inventory.byName.get(name) ?? []), vm]);
  }
  return inventory;
}

function lookUp({ byVmid, byName: named }: Inventory, id: number, fields: WantedVm): ClusterVm[] {
  const numbered = byVmid.get(fields.binding.vmid ?? 0) ?? [];
  return [...new Set([...numbered, ...candidateNames(id, fields).flatMap((name) => named.get(name) ?? [])])];
}

interface Settled {
  outcome: string;
  code?: string;
  warnings?: string[];
  binding?: { cluster: string; vmid: number };
  way?: string;
}

/** What became of a service after both steps, in the words of the truth. */
function settle(bundle: ServiceBundle, context: TransformContext, inventory: Inventory): Settled {
  const outcome = transformService(bundle, context);
  if (outcome.outcome !== 'migrated') return { outcome: outcome.outcome, code: outcome.reason.code };
  const { id } = bundle.service;
  const result = bindVm(id, outcome.fields, lookUp(inventory, id, outcome.fields));
  if ('reason' in result) return { outcome: 'quarantined', code: result.reason.code };
  const { cluster, vmid, way } = result.binding;
  const warnings = [...outcome.warnings, ...result.warnings].map(({ code }) => code).toSorted();
  return { outcome: 'migrated', warnings, binding: { cluster, vmid }, way };
}

const VM_STATES: Record<string, string> = { migrated: 'bound', quarantined: 'contested', skipped: 'zombie' };

/** Whose each VM is: of several that point at one, a migrated service counts most, then a quarantined one. */
function vmStates(
  bundles: ServiceBundle[],
  context: TransformContext,
  inventory: Inventory,
  settled: Map<number, Settled>,
): Map<string, string> {
  const states = new Map<string, string>();
  for (const outcome of ['skipped', 'quarantined', 'migrated'] as const) {
    for (const bundle of bundles) {
      const { id } = bundle.service;
      const own = settled.get(id);
      if (own?.outcome !== outcome) continue;
      const wanted = claimedVm(bundle, context);
      const pointed =
        outcome === 'migrated' || !wanted
          ? [own.binding].filter((vm) => vm !== undefined)
          : pointAtVms(id, wanted, lookUp(inventory, id, wanted), outcome);
      for (const { cluster, vmid } of pointed) {
        states.set(`${cluster}/${vmid}`, VM_STATES[outcome] ?? '');
      }
    }
  }
  return states;
}

/**
 * A row of PRVE has one number for service and VM, which is a row of a module all the same. Notes that were written
 * over between the editions no longer name the VMID, so that the VM is found by its name.
 */
function wayOf({ link }: ServiceTruth, hasLostNotes: boolean) {
  if (link === 'notes' && hasLostNotes) return 'corroboration';
  return link === 'service_id' ? 'module' : link;
}

function expected(truth: ServiceTruth, hasLostNotes: boolean) {
  const { outcome, code, warnings, target } = truth;
  if (!target) return { outcome, code };
  return { outcome, warnings, binding: target.binding, way: wayOf(truth, hasLostNotes) };
}

/** Only what the cluster tells, at rates that leave room for each. */
const VM_DIALS: Partial<Record<Defect, number>> = {
  vmMissing: 0.15,
  vmidNull: 0.1,
  vmAmbiguous: 0.3,
  vmKindMismatch: 0.15,
  vmStopped: 0.3,
  specDrift: 0.3,
  vmMoved: 0.5,
  unclaimedVm: 0.5,
};

describe('over a generated provider', () => {
  it.each<[string, WorldOptions]>([
    ['as messy as they come', { seed: 'bind usual', size: 2000 }],
    ['with every dial up', { seed: 'bind messy', size: 2000, mess: 4 }],
    ['with every dial far up', { seed: 'bind messier', size: 1000, mess: 12 }],
    ['with all that can be wrong with VMs', { seed: 'bind vms', size: 2000, mess: 0, dials: VM_DIALS }],
    ['in its second edition', { seed: 'bind edited', size: 1000, mess: 2, edition: 2, changeRate: 0.5 }],
  ])('%s, binds every service as the truth says', async (_name, options) => {
    const dir = await mkdtemp(join(tmpdir(), 'berth-bind-'));
    const server = await startMariadb({ dataDir: join(dir, 'data'), durable: false });
    const source = await connectSource(server.readerUrl);
    try {
      await generate({ ...options, url: server.url });
      const text = await readFile(new URL('../../testbed/whmcs/mapping.yaml', import.meta.url), 'utf8');
      const mapping = parseMapping(text, 'mapping.yaml');
      const catalogue = await readCatalogue(source, mapping.modules);
      const context = createContext(mapping, catalogue);
      const bundles = await readServicePage(source, catalogue, { after: 0, limit: 10_000 });
      const inventory = inventoryOf(options);
      const world = createWorld(options);
      const truths = Array.from({ length: world.services }, (_, index) => serviceRow(world, index)).filter(
        (truth) => truth !== undefined,
      );
      const actual = new Map(
        bundles.map((bundle) => [bundle.service.id, settle(bundle, context, inventory)]),
      );
      expect(actual.size).toBe(truths.length);
      const lostNotes = new Set(
        bundles
          .filter(({ service }) => service.notes.startsWith('Called on'))
          .map(({ service }) => service.id),
      );
      // That two services claim one VM only a look at all of them tells: each by itself is bound.
      const alone = truths.filter(({ code }) => code !== 'vm_claimed_twice');
      const differences = alone
        .map((truth) => ({
          id: truth.sourceId,
          defects: truth.defects,
          expected: expected(truth, lostNotes.has(truth.sourceId)),
          actual: actual.get(truth.sourceId),
        }))
        .filter((row) => JSON.stringify(row.expected) !== JSON.stringify(row.actual));
      expect(differences).toEqual([]);
      const claimedTwice = truths.filter(({ code }) => code === 'vm_claimed_twice');
      for (const { sourceId } of claimedTwice) {
        expect(actual.get(sourceId)?.outcome).toBe('migrated');
        actual.set(sourceId, { outcome: 'quarantined' });
      }
      const states = vmStates(bundles, context, inventory, actual);
      const wrong = [...vmRows(world)]
        .map(({ truth }) => ({
          ...truth,
          found: states.get(`${truth.cluster}/${truth.vmid}`) ?? 'unclaimed',
        }))
        .filter(({ state, found }) => state !== found);
      expect(wrong).toEqual([]);
    } finally {
      await source.close();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    }
  });
});
