import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../legacy/read-catalogue.ts';
import type { ServiceBundle } from '../legacy/read-services.ts';
import { parseMapping } from '../mapping.ts';
import { createContext } from './context.ts';
import { transformClient } from './transform-client.ts';
import { transformService, type ServiceFields } from './transform-service.ts';
import { transformUser } from './transform-user.ts';

/** One option as a table shows it: name, kind, the chosen value or a quantity. */
interface Option {
  name: string;
  type?: 1 | 2 | 3 | 4;
  value?: string;
  qty?: number;
  /** Not offered with the product any more. */
  unlinked?: boolean;
  hidden?: boolean;
  /** The same option again, with another value. */
  again?: string;
  /** What is wrong with the row. */
  fault?: 'no option' | 'value of another option' | 'no value';
}

interface Field {
  name: string;
  value: string;
  relid?: number;
  type?: string;
  /** Another row for the same field. */
  again?: string;
}

interface Given {
  options?: Option[];
  fields?: Field[];
  service?: Partial<ServiceBundle['service']>;
  client?: Partial<ServiceBundle['client']>;
  module?: string | null;
  rules?: string[];
  product?: string;
  required?: boolean;
}

const PRODUCT = 12;
/** What every service needs, so that a case shows only what it is about. */
const BASE = 'base: { vcpu: 1, memoryMib: 1024, diskGib: 10, ipv4Count: 1 }';

function mappingText({ rules = [], product = `{ ${BASE}, module: test }`, required = true }: Given): string {
  return `
source: { id: cases, timezone: UTC }
servers: { 3: { cluster: fra1 } }
products: { 12: ${product}, 20: { ${BASE} } }
fields:
  vcpu: { min: 1, required: ${required} }
  memoryMib: { min: 128, required: ${required} }
  diskGib: { min: 1, required: ${required} }
  trafficGib: { perTb: 1000 }
os:
  missing: warn
  values: { '101': debian-12, debian 12: debian-12, ubuntu-20.04: ubuntu-20.04, '9001': ubuntu-22.04 }
rules:
${rules.map((rule) => `  - { ${rule} }`).join('\n')}
`;
}

function makeCatalogue(options: Option[], fields: Field[]): Catalogue {
  const rows = options.map((option, n) => ({ ...option, id: 7 + n }));
  return {
    products: new Map([
      [
        PRODUCT,
        { id: PRODUCT, type: 'server', name: 'VPS', servertype: 'test', retired: 0, configoption1: '3' },
      ],
      [20, { id: 20, type: 'server', name: 'Other', servertype: 'test', retired: 0 }],
    ] as [number, never][]),
    linkedGroups: new Map([
      [PRODUCT, new Set(rows.filter(({ unlinked }) => !unlinked).map(({ id }) => id))],
      [20, new Set([7])],
    ]),
    options: new Map(
      rows
        .filter(({ fault }) => fault !== 'no option')
        .map(({ id, name, type = 1 }) => [
          id,
          { id, gid: id, optionname: name, optiontype: `${type}`, hidden: 0 },
        ]),
    ),
    subOptions: new Map(
      rows.flatMap(({ id, value = '', hidden, again, fault }) => {
        const configid = fault === 'value of another option' ? 9999 : id;
        const sub = (
          place: number,
          optionname: string,
        ): [number, Catalogue['subOptions'] extends Map<number, infer S> ? S : never] => [
          id * 100 + place,
          { id: id * 100 + place, configid, optionname, hidden: hidden ? 1 : 0 },
        ];
        return fault === 'no value' ? [] : [sub(1, value), sub(2, again ?? '')];
      }),
    ),
    customFields: new Map(
      fields.map(({ name, relid = PRODUCT, type = 'product' }, n) => [
        11 + n,
        { id: 11 + n, type, relid, fieldname: name, fieldtype: 'text', adminonly: true },
      ]),
    ),
    addons: new Map(),
    servers: new Map([[3, { id: 3, name: 'Frankfurt', hostname: 'fra1', type: 'test', disabled: 0 }]]),
    currencies: new Map([[1, 'EUR']]),
    plans: new Map([['pvewhmcs', new Map([[3, { id: 3, cpus: 2, cores: 2, memory: 4096, disk: 40 }]])]]),
    moduleTables: new Map(),
  };
}

function makeBundle({ options = [], fields = [], service, client, module = '3001' }: Given): ServiceBundle {
  return {
    service: {
      id: 900,
      userid: 5,
      packageid: PRODUCT,
      server: 3,
      regdate: '2020-01-01',
      domain: 'a.example.com',
      qty: 1,
      amount: '5.00',
      billingcycle: 'Monthly',
      nextduedate: '2026-02-01',
      domainstatus: 'Active',
      username: 'root',
      notes: '',
      suspendreason: '',
      dedicatedip: '',
      assignedips: '',
      ...service,
    },
    client: client === null ? null : { id: 5, currency: 1, status: 'Active', owners: 1, ...client },
    options: options.flatMap(({ qty = 1, again }, n) => {
      const row = { id: 50 + n, relid: 900, configid: 7 + n, optionid: (7 + n) * 100 + 1, qty };
      return again === undefined
        ? [row]
        : [row, { ...row, id: 70 + n, optionid: (7 + n) * 100 + (again === options[n]?.value ? 1 : 2) }];
    }),
    fieldValues: fields.flatMap(({ value, again }, n) => {
      const row = { id: 80 + n, fieldid: 11 + n, relid: 900, value };
      return again === undefined ? [row] : [row, { ...row, id: 90 + n, value: again }];
    }),
    addons: [],
    upgrades: [],
    cancelRequests: [],
    queuedActions: [],
    moduleRows:
      module === null
        ? []
        : [
            {
              service: 900,
              vmid: module,
              node: '',
              kind: '',
              address: '',
              module: 'test',
              table: 'mod_test',
            },
          ],
  };
}

/** `Q(code)`, `SKIP(code)`, or the fields asked for with the codes of warnings. */
function run(given: Given, wanted: Partial<ServiceFields> = {}) {
  const context = createContext(
    parseMapping(mappingText(given)),
    makeCatalogue(given.options ?? [], given.fields ?? []),
  );
  const result = transformService(makeBundle(given), context);
  if (result.outcome !== 'migrated') {
    return `${result.outcome === 'skipped' ? 'SKIP' : 'Q'}(${result.reason.code})`;
  }
  const seen = Object.fromEntries(Object.entries(result.fields).filter(([name]) => name in wanted));
  return { ...seen, warnings: result.warnings.map(({ code }) => code) };
}

type Expected = string | (Partial<ServiceFields> & { warnings?: string[] });
const MIB = 'option: [ram, memory], field: memoryMib, unit: MiB';
const GIB = 'option: [ram, memory], field: memoryMib, unit: GiB';
const NO_UNIT = 'option: [ram, memory], field: memoryMib';
const TRAFFIC = 'option: [bandwidth], field: trafficGib, unit: GiB';
const OS = 'option: [os, operating system], field: os';
const VMID = 'customField: [vmid, subid], field: vmid';
const WITHOUT_RAM = '{ base: { vcpu: 1, diskGib: 10 }, module: test }';
const BY_FIELD = `{ ${BASE}, binding: [field] }`;
const vm = (vmid: number, way: 'field' | 'module' = 'field') => ({
  binding: {
    cluster: 'fra1',
    vmid,
    way,
    kind: null,
    node: null,
    evidence: [{ way, vmid, from: expect.any(String) as string }],
  },
});

const ram = (value: string, rule: string): Given => ({ options: [{ name: 'RAM', value }], rules: [rule] });
const osCase = (value: string): Given => ({ options: [{ name: 'OS|Operating system', value }], rules: [OS] });

const CASES: [string, Given, Expected][] = [
  [
    '1 raw value with a label',
    { options: [{ name: 'ram|Memory', value: '4096|4 GB' }], rules: [MIB] },
    { memoryMib: 4096 },
  ],
  ['2 unit in the text', ram('4 GB', MIB), { memoryMib: 4096 }],
  ['3 unit without a space', ram('4096MB', GIB), { memoryMib: 4096 }],
  ['4 bare number, unit in the rule', ram('4', GIB), { memoryMib: 4096 }],
  ['4 bare number, no unit anywhere', ram('4', NO_UNIT), 'Q(unit_undeclared)'],
  ['5 no guess by magnitude', ram('512', MIB), { memoryMib: 512 }],
  [
    '6 rule of one product',
    {
      options: [{ name: 'RAM|Memory', value: '8|8 GB' }],
      rules: [MIB, `option: [ram], products: [12], field: memoryMib, unit: GiB`],
    },
    { memoryMib: 8192 },
  ],
  [
    '6 rule for all',
    {
      options: [{ name: 'ram|Memory', value: '8192|8 GB' }],
      rules: [MIB, `option: [ram], products: [20], field: memoryMib, unit: GiB`],
    },
    { memoryMib: 8192 },
  ],
  ['7 raw and label disagree', ram('8|4 GB', GIB), { memoryMib: 8192, warnings: ['raw_label_disagree'] }],
  [
    '8 count with its word',
    { options: [{ name: 'CPU Cores', value: '2 vCPU' }], rules: ['option: [cpu cores], field: vcpu'] },
    { vcpu: 2 },
  ],
  [
    '9 trailing words',
    {
      options: [{ name: 'Storage', value: '50GB SSD NVMe' }],
      rules: ['option: [storage], field: diskGib, unit: GiB'],
    },
    { diskGib: 50 },
  ],
  [
    '10 a TB of disk',
    {
      options: [{ name: 'Disk Space', value: '1 TB' }],
      rules: ['option: [disk space], field: diskGib, unit: GiB'],
    },
    { diskGib: 1024 },
  ],
  [
    '10 a TB of traffic',
    { options: [{ name: 'Bandwidth', value: '1 TB' }], rules: [TRAFFIC] },
    { trafficGib: 1000, trafficUnlimited: false },
  ],
  [
    '11 unlimited',
    { options: [{ name: 'Bandwidth', value: 'Unlimited' }], rules: [TRAFFIC] },
    { trafficGib: null, trafficUnlimited: true },
  ],
  [
    '12 speed for volume',
    { options: [{ name: 'Bandwidth', value: '100 Mbps' }], rules: [TRAFFIC] },
    'Q(unit_mismatch)',
  ],
  [
    '13 quantity adds',
    {
      options: [{ name: 'Extra IP Address', type: 4, value: '1', qty: 2 }],
      rules: ['option: [extra ip address], field: ipv4Count, op: add'],
    },
    { ipv4Count: 3 },
  ],
  [
    '14 quantity with a step',
    {
      options: [{ name: 'Extra RAM', type: 4, value: '1', qty: 3 }],
      product: '{ base: { vcpu: 1, memoryMib: 2048, diskGib: 10 }, module: test }',
      rules: ['option: [extra ram], field: memoryMib, unit: GiB, step: 2, op: add'],
    },
    { memoryMib: 8192 },
  ],
  [
    '15 yes',
    {
      options: [{ name: 'auto_backups|Auto backups', type: 3, value: 'Yes', qty: 1 }],
      rules: ['option: [auto_backups], field: backups'],
    },
    { backups: true },
  ],
  [
    '15 no',
    {
      options: [{ name: 'auto_backups|Auto backups', type: 3, value: 'Yes', qty: 0 }],
      rules: ['option: [auto_backups], field: backups'],
    },
    { backups: false },
  ],
  ['15 no row', { rules: ['option: [auto_backups], field: backups'] }, { backups: false }],
  [
    '16 quantity of a dropdown is ignored',
    { options: [{ name: 'RAM', value: '4 GB', qty: 0 }], rules: [MIB] },
    { memoryMib: 4096 },
  ],
  [
    '17 composite',
    {
      options: [{ name: 'CPU &amp; RAM', value: '2 vCPU &amp; 4 GB' }],
      rules: ['option: ["cpu & ram"], composite: [{ field: vcpu }, { field: memoryMib }]'],
    },
    { vcpu: 2, memoryMib: 4096 },
  ],
  [
    '17 composite without a rule',
    { options: [{ name: 'CPU &amp; RAM', value: '2 vCPU &amp; 4 GB' }] },
    'Q(unmapped_option)',
  ],
  ['18 two pipes', osCase('101|Debian 12|x64'), { os: 'debian-12', warnings: ['multi_pipe'] }],
  ['19 spaces', ram('\u00a04096 | 4 GB ', MIB), { memoryMib: 4096 }],
  ['20 empty raw, label mapped', osCase('|Debian 12'), { os: 'debian-12', warnings: ['empty_raw'] }],
  ['20 empty raw, label not mapped', osCase('|Plan 9'), { os: null, warnings: ['empty_raw', 'os_unmapped'] }],
  ['20 empty raw of a required field', ram('|4 GB', MIB), 'Q(empty_raw)'],
  [
    '21 hidden value',
    { options: [{ name: 'RAM', value: '4 GB', hidden: true }], rules: [MIB] },
    { memoryMib: 4096 },
  ],
  [
    '22 value of another option',
    { options: [{ name: 'RAM', value: '4 GB', fault: 'value of another option' }], rules: [MIB] },
    'Q(option_value_mismatch)',
  ],
  [
    '23 no such option, resolved elsewhere',
    { options: [{ name: 'RAM', fault: 'no option' }], rules: [MIB] },
    { memoryMib: 1024, warnings: ['orphan_option'] },
  ],
  [
    '23 no such option, required',
    { options: [{ name: 'RAM', fault: 'no option' }], rules: [MIB], product: WITHOUT_RAM },
    'Q(missing_required)',
  ],
  [
    '24 left over from a former product',
    {
      options: [
        { name: 'RAM', value: '2 GB', unlinked: true },
        { name: 'RAM', value: '4 GB' },
      ],
      rules: [MIB],
    },
    { memoryMib: 4096 },
  ],
  [
    '25 two options disagree',
    {
      options: [
        { name: 'RAM', value: '4096' },
        { name: 'Memory', value: '8192' },
      ],
      rules: [MIB],
    },
    'Q(conflicting_values)',
  ],
  [
    '25 two options agree',
    {
      options: [
        { name: 'RAM', value: '4096' },
        { name: 'Memory', value: '4 GB' },
      ],
      rules: [MIB],
    },
    { memoryMib: 4096, warnings: ['duplicate_option'] },
  ],
  [
    '26 chosen twice, differently',
    { options: [{ name: 'RAM', value: '4 GB', again: '8 GB' }], rules: [MIB] },
    'Q(conflicting_values)',
  ],
  [
    '26 chosen twice, alike',
    { options: [{ name: 'RAM', value: '4 GB', again: '4 GB' }], rules: [MIB] },
    { memoryMib: 4096, warnings: [] },
  ],
  [
    '27 from a plan',
    { product: '{ plan: { module: pvewhmcs, configoption: 1 }, module: test }' },
    { vcpu: 4, memoryMib: 4096, diskGib: 40 },
  ],
  ['28 raw not mapped, label is', osCase('1021|Ubuntu-20.04'), { os: 'ubuntu-20.04', warnings: [] }],
  ['28 neither mapped', osCase('1021|BeOS'), { os: null, warnings: ['os_unmapped'] }],
  [
    '29 piped field name, padded value',
    { fields: [{ name: 'subid|Virtual machine ID', value: '  4711 ' }], rules: [VMID], product: BY_FIELD },
    vm(4711),
  ],
  [
    '30 dropdown value with label',
    {
      fields: [{ name: 'Template', value: '9001|Ubuntu 22.04' }],
      rules: ['customField: [template], field: os'],
    },
    { os: 'ubuntu-22.04' },
  ],
  [
    '30 dropdown value without',
    { fields: [{ name: 'Template', value: '9001' }], rules: ['customField: [template], field: os'] },
    { os: 'ubuntu-22.04' },
  ],
  [
    '31 fields of two products',
    {
      fields: [
        { name: 'Hostname', value: 'old.example.com', relid: 20 },
        { name: 'Hostname', value: 'new.example.com' },
      ],
      rules: ['customField: [hostname], field: hostname'],
    },
    { hostname: 'new.example.com' },
  ],
  [
    '32 field of no product, allowed',
    {
      fields: [{ name: 'VMID', value: '4711', relid: 0 }],
      rules: [`${VMID}, global: true`],
      product: BY_FIELD,
    },
    vm(4711),
  ],
  [
    '32 field of no product, not allowed',
    { fields: [{ name: 'VMID', value: '4711', relid: 0 }], rules: [VMID], product: BY_FIELD },
    'Q(unmapped_field)',
  ],
  [
    '33 an empty row and a value',
    { fields: [{ name: 'VMID', value: '', again: '113' }], rules: [VMID], product: BY_FIELD },
    vm(113),
  ],
  [
    '33 two values',
    { fields: [{ name: 'VMID', value: '112', again: '113' }], rules: [VMID], product: BY_FIELD },
    'Q(conflicting_values)',
  ],
  [
    '34 field of a client',
    { fields: [{ name: 'VMID', value: '666', type: 'client', relid: 0 }], rules: [`${VMID}, global: true`] },
    vm(3001, 'module'),
  ],
  [
    '35 addresses',
    { service: { dedicatedip: '185.1.2.3', assignedips: '185.1.2.3\r\n185.1.2.4 \n\n2001:db8::10/64' } },
    { primaryIp: '185.1.2.3', extraIps: ['185.1.2.4'], ipv6: ['2001:db8::10/64'], warnings: [] },
  ],
  [
    '35 bad address',
    { service: { dedicatedip: '185.1.2.3', assignedips: '185.1.2.300' } },
    { primaryIp: '185.1.2.3', warnings: ['bad_ip'] },
  ],
  ['36 no due date', { service: { nextduedate: '0000-00-00' } }, 'Q(missing_due_date)'],
  [
    '36 no due date and free',
    { service: { nextduedate: '0000-00-00', billingcycle: 'Free Account' } },
    { nextDue: null, warnings: [] },
  ],
  [
    '37 completed',
    { service: { domainstatus: 'Completed', billingcycle: 'One Time', nextduedate: '0000-00-00' } },
    { status: 'completed', nextDue: null, ...vm(3001, 'module') },
  ],
  ['38 nobody owns the client', { client: { owners: 0 } }, 'Q(account_without_owner)'],
  ['40 the module names a VM', {}, vm(3001, 'module')],
  ['40 nothing names a VM', { module: '' }, 'Q(vm_not_found)'],
  ['40 terminated', { service: { domainstatus: 'Terminated' } }, 'SKIP(terminated)'],
];

describe('the cases of a real WHMCS', () => {
  it.each(CASES)('%s', (_name, given, expected) => {
    const actual = run(given, typeof expected === 'string' ? {} : expected);
    if (typeof expected === 'string' || typeof actual === 'string') expect(actual).toEqual(expected);
    else expect(actual).toEqual({ warnings: actual.warnings, ...expected });
  });
});

it('does not let an addition hide a choice of nothing', () => {
  const options: Option[] = [
    { name: 'RAM', value: '0|0 GB' },
    { name: 'Extra RAM', type: 4, value: '1', qty: 3 },
  ];
  const rules = [MIB, 'option: [extra ram], field: memoryMib, unit: GiB, step: 2, op: add'];
  expect(run({ options, rules })).toBe('Q(out_of_range)');
});

const context = createContext(parseMapping(mappingText({})), makeCatalogue([], []));

describe('38 a client nobody owns', () => {
  it('is kept back with the reason', () => {
    const client = {
      id: 5,
      firstname: 'A',
      lastname: 'B',
      companyname: '',
      email: 'a@example.com',
      address1: '',
      address2: '',
      city: '',
      state: '',
      postcode: '',
      country: 'DE',
      phonenumber: '',
      tax_id: '',
      currency: 1,
      credit: '0.00',
      datecreated: null,
      status: 'Active',
      language: '',
      marketing_emails_opt_in: 0,
    };
    const result = transformClient({ client, memberships: [] }, context);
    expect(result).toMatchObject({ outcome: 'quarantined', reason: { code: 'account_without_owner' } });
  });
});

describe('39 logins', () => {
  const user = {
    id: 9,
    first_name: 'Bob',
    last_name: 'O&#039;Neil',
    email: 'Bob@Example.COM ',
    password: '',
    language: '',
    second_factor: '',
    email_verified_at: null,
    created_at: null,
  };
  const member = { owner: true, permissions: '', clientStatus: 'Active', clientOwners: 1 };
  it('compares e-mail addresses in lower case and keeps them as given', () => {
    const result = transformUser({ user, memberships: [{ ...member, clientId: 5 }] }, context);
    expect(result).toMatchObject({
      fields: { email: 'bob@example.com', emailAsGiven: 'Bob@Example.COM', lastName: "O'Neil" },
    });
  });
  it('gives one user the accounts of all clients he owns', () => {
    const memberships = [
      { ...member, clientId: 6 },
      { ...member, clientId: 5 },
    ];
    expect(transformUser({ user, memberships }, context)).toMatchObject({ fields: { clientIds: [5, 6] } });
  });
});
