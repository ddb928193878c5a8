import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import type { Catalogue } from '../legacy/read-catalogue.ts';
import type { ServiceBundle } from '../legacy/read-services.ts';
import { FIELD_NAMES } from '../mapping-schema.ts';
import { parseMapping, type Mapping } from '../mapping.ts';
import { parseAddresses } from './addresses.ts';
import { createContext } from './context.ts';
import { decodeEntities } from './entities.ts';
import { parseDate, parseEmail, parseHostname, parseMoney, parseVmid } from './facts.ts';
import { parsePermissions } from './permissions.ts';
import { parseQuantity } from './quantity.ts';
import { readValue } from './read-value.ts';
import { cleanText, normaliseName, repairMojibake, splitPipe } from './text.ts';
import { transformClient } from './transform-client.ts';
import { transformService } from './transform-service.ts';
import { transformUser } from './transform-user.ts';

const ROUNDS = 3000;
const PIECES = [
  [
    '|',
    '||',
    '&amp;',
    '&amp;amp;',
    '&#x1F600;',
    '&#0;',
    '&#xD800;',
    '&bogus;',
    '\u00a0',
    '\r\n',
    '\t',
    '\0',
    '\ud800',
    '\udc00',
  ],
  [
    '4',
    '4096',
    '-1',
    '1e309',
    '99999999999999999999',
    '1.024',
    '4,096',
    '0',
    '0.5',
    'NaN',
    'Infinity',
    ' ',
    ',',
    '/',
    '/64',
  ],
  [
    'GB',
    'MB',
    'TB',
    'vCPU',
    'MB/s',
    'Mbps',
    'unlimited',
    'Debian 12',
    'constructor',
    '__proto__',
    'toString',
    '"',
    "'",
    '\\',
  ],
  [
    '10.0.0.1',
    '2001:db8::1',
    '::ffff:1.2.3.4',
    'a@b.c',
    '@',
    '.',
    '-',
    '_',
    'ram',
    'vmid',
    '9001',
    '0000-00-00',
    '2026-02-30',
  ],
  [
    'J\u00c3\u00bcrgen',
    '\u674e\u96f7',
    '\u202e',
    '\ufeff',
    '\u{1f600}',
    'x'.repeat(300),
    '<script>',
    '$(id)',
    '%s%n',
  ],
].flat();

/** A small generator of numbers (mulberry32): a failure names its seed and can be run again. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Bytes as a driver would hand them over, or pieces that mean something, or both. */
function anyText(random: (below: number) => number): string {
  const bytes = () =>
    Buffer.from(Array.from({ length: random(12) }, () => random(256))).toString(
      random(2) ? 'utf8' : 'latin1',
    );
  const piece = () => (random(4) === 0 ? bytes() : (PIECES[random(PIECES.length)] ?? ''));
  return Array.from({ length: random(6) }, piece).join('');
}

let mapping: Mapping;
beforeAll(async () => {
  mapping = parseMapping(
    await readFile(new URL('../../testbed/whmcs/mapping.yaml', import.meta.url), 'utf8'),
  );
});

it('reads any text as any field: a value, nothing, or a reason', () => {
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const text = anyText(createRandom(seed));
    for (const field of FIELD_NAMES) {
      const rule = {
        zero: 'value' as const,
        unlimited: ['unlimited'],
        unit: seed % 2 ? ('GiB' as const) : undefined,
      };
      const { value, problem, warnings } = readValue(text, field, rule, mapping);
      expect(typeof value === 'number' && Number.isNaN(value), `seed ${seed} as ${field}`).toBe(false);
      expect(problem === undefined || value === undefined, `seed ${seed} as ${field}`).toBe(true);
      for (const { code } of [...warnings, ...(problem ? [problem] : [])])
        expect(code).toMatch(/^[a-z0-9_]+$/);
    }
  }
});

it('parses any text without throwing, and gives only what is well formed', () => {
  const policy = { entities: 'decode-once', charset: 'utf8-in-latin1' } as const;
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const random = createRandom(seed);
    const [text, other] = [anyText(random), anyText(random)];
    for (const read of [decodeEntities, repairMojibake, parsePermissions, parseQuantity]) read(text);
    cleanText(text, policy);
    splitPipe(text, policy);
    expect(normaliseName(text, policy)).toBe(normaliseName(text, policy).trim());
    expect(parseMoney(text) ?? '0.00').toMatch(/^-?\d+\.\d\d$/);
    expect(parseDate(text) ?? '2000-01-01').toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(parseHostname(text) ?? 'a').toMatch(/^[\da-z.-]+$/);
    expect(parseVmid(text) ?? 100).toBeGreaterThanOrEqual(100);
    expect(parseEmail(text) ?? 'a@b').toMatch(/^\S+@\S+$/);
    const { primary, extra, ipv6 } = parseAddresses(text, other);
    for (const ip of [...(primary ? [primary] : []), ...extra]) expect(ip).toMatch(/^[\d.]+$/);
    for (const ip of ipv6) expect(ip).toContain(':');
  }
});

const OPTION_NAMES = [
  'ram|Memory',
  'cpu|CPU Cores',
  'Disk Space',
  'OS',
  'Bandwidth',
  'CPU &amp; RAM',
  'Extra RAM',
  'Location',
];

function anyCatalogue(random: (below: number) => number): Catalogue {
  const text = () => anyText(random);
  const options = OPTION_NAMES.map((name, n) => ({
    id: n + 1,
    gid: 1 + random(2),
    optionname: random(4) ? name : text(),
    optiontype: random(5) ? String(1 + random(4)) : text(),
    hidden: 0,
  }));
  const subOptions = options.map(({ id }) => ({
    id,
    configid: random(9) ? id : 1,
    optionname: text(),
    hidden: 0,
  }));
  const byId = <Row extends { id: number }>(rows: Row[]) => new Map(rows.map((row) => [row.id, row]));
  const settings = Object.fromEntries([1, 2, 3].map((n) => [`configoption${n}`, random(9) ? '1' : text()]));
  return {
    products: new Map(
      [101, 111, 121, 131, 151].map((id) => [
        id,
        // The settings are columns of the row.
        {
          id,
          type: 'server',
          name: text(),
          servertype: random(9) ? 'pvewhmcs' : text(),
          retired: 0,
          ...settings,
        } as never,
      ]),
    ),
    linkedGroups: new Map([101, 111, 121, 131, 151].map((id) => [id, new Set([1])])),
    options: byId(options),
    subOptions: byId(subOptions),
    customFields: byId([
      { id: 1, type: 'product', relid: 0, fieldname: 'VMID', fieldtype: 'text', adminonly: true },
      { id: 2, type: text(), relid: 101, fieldname: text(), fieldtype: text(), adminonly: true },
    ]),
    addons: byId([{ id: 1, name: text() }]),
    servers: byId([{ id: 3, name: text(), hostname: text(), type: text(), disabled: 0 }]),
    currencies: new Map([[1, 'EUR']]),
    plans: new Map([['pvewhmcs', byId([{ id: 1, cpus: 2, cores: 2, memory: 4096, disk: 40 }])]]),
    moduleTables: new Map(),
  };
}

function anyBundle(random: (below: number) => number): ServiceBundle {
  // From a service full of nonsense to one with a fault here and there.
  const calm = 1 + random(40);
  const text = (usual = '') => (random(calm) === 0 ? anyText(random) : usual);
  const one = <T>(values: T[]): T => values[random(values.length)] ?? (values[0] as T);
  return {
    service: {
      id: 1 + random(5000),
      userid: 5,
      packageid: one([101, 101, 101, 111, 121, 131, 151, 0]),
      server: one([3, 3, 0, 77]),
      regdate: text(),
      domain: text(),
      qty: random(4) - 1,
      amount: text('5.00'),
      billingcycle: text('Monthly'),
      nextduedate: text('2026-02-01'),
      domainstatus: text('Active'),
      username: text(),
      notes: text(),
      suspendreason: text(),
      dedicatedip: text(),
      assignedips: text(),
    },
    client: random(9) ? { id: 5, currency: one([1, 1, 9]), status: 'Active', owners: one([1, 1, 0]) } : null,
    options: OPTION_NAMES.slice(random(3)).map((_, n) => ({
      id: n,
      relid: 1,
      configid: n + random(2),
      optionid: n + random(3),
      qty: random(5) - 1,
    })),
    fieldValues: [1, 1, 2, 3]
      .slice(random(4))
      .map((fieldid, n) => ({ id: n, fieldid, relid: 1, value: text() })),
    addons: [
      {
        id: 1,
        hostingid: 1,
        addonid: random(3),
        name: text(),
        qty: random(3),
        status: text('Active'),
        recurring: text(),
        billingcycle: text(),
      },
    ].slice(random(2)),
    upgrades: [{ id: 1, relid: 1, type: text(), status: one(['Pending', text()]), newvalue: text() }].slice(
      random(2),
    ),
    cancelRequests: [],
    queuedActions: [],
    moduleRows: [
      {
        service: 1,
        vmid: text('4000'),
        node: text(),
        kind: text(),
        address: text(),
        module: 'pvewhmcs',
        table: 'mod',
      },
    ],
  };
}

it('ends every service as migrated, quarantined or skipped, with a reason when it is not migrated', () => {
  const outcomes = new Map<string, number>();
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const random = createRandom(seed);
    const context = createContext(mapping, anyCatalogue(random));
    const bundle = anyBundle(random);
    const result = transformService(bundle, context);
    expect(transformService(structuredClone(bundle), context), `seed ${seed}`).toEqual(result);
    outcomes.set(result.outcome, (outcomes.get(result.outcome) ?? 0) + 1);
    if (result.outcome === 'migrated') expect(result.fields.amount, `seed ${seed}`).toMatch(/^-?\d+\.\d\d$/);
    else expect(result.reason.code, `seed ${seed}`).toMatch(/^[a-z0-9_]+$/);
  }
  expect(outcomes.get('migrated')).toBeGreaterThan(0);
  expect(outcomes.get('quarantined')).toBeGreaterThan(0);
});

it('ends every client and user the same way', () => {
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const random = createRandom(seed);
    const text = () => anyText(random);
    const context = createContext(mapping, anyCatalogue(random));
    const client = {
      id: 1,
      firstname: text(),
      lastname: text(),
      companyname: text(),
      email: text(),
      address1: text(),
      address2: text(),
      city: text(),
      state: text(),
      postcode: text(),
      country: text(),
      phonenumber: text(),
      tax_id: text(),
      currency: 1,
      credit: random(2) ? '1.50' : text(),
      datecreated: text(),
      status: random(3) ? 'Active' : text(),
      language: text(),
      marketing_emails_opt_in: 0,
    };
    const membership = { id: 1, auth_user_id: 7, client_id: 1, owner: 1, permissions: text() };
    const user = {
      id: 7,
      first_name: text(),
      last_name: text(),
      email: text(),
      password: text(),
      language: text(),
      second_factor: text(),
      email_verified_at: text(),
      created_at: text(),
    };
    const access = { clientId: 1, owner: true, permissions: text(), clientStatus: 'Active', clientOwners: 1 };
    for (const result of [
      transformClient({ client, memberships: [membership] }, context),
      transformUser({ user, memberships: [access] }, context),
    ]) {
      if (result.outcome !== 'migrated') expect(result.reason.code, `seed ${seed}`).toMatch(/^[a-z0-9_]+$/);
    }
  }
});
