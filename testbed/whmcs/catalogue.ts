/** How a product's services are tied to their VMs; one per kind of Proxmox module met in the field. */
export type Style = 'pvewhmcs' | 'flex' | 'power' | 'handmade' | 'prve' | 'puq';

export interface Product {
  id: number;
  gid: number;
  name: string;
  type: 'server' | 'hostingaccount' | 'reselleraccount' | 'other';
  servertype: string;
  /** Undefined for what is no virtual server. */
  style?: Style;
  paytype?: 'free' | 'onetime' | 'recurring';
  retired?: true;
  hidden?: true;
  allowqty?: number;
  /** The module's own settings, in its order. */
  settings?: string[];
  optionGroups: number[];
  /** Per month in the default currency. */
  cents: number;
  /** How often it is sold, relative to the others. */
  weight: number;
}

const MODULES: Record<Style, string> = {
  pvewhmcs: 'pvewhmcs',
  flex: 'proxmox_custom',
  power: 'proxmoxvm',
  handmade: '',
  prve: 'prve',
  puq: 'puqProxmoxKVM',
};

export const PRODUCT_GROUPS = [
  { id: 11, name: 'Cloud VPS', slug: 'cloud-vps' },
  { id: 12, name: 'KVM &amp; Storage', slug: 'kvm-storage' },
  { id: 13, name: 'Legacy', slug: 'legacy', hidden: 1 },
  { id: 14, name: 'Webspace', slug: 'webspace' },
];

export const PRODUCTS: Product[] = [
  vps(101, 11, 'Cloud S', 'pvewhmcs', { settings: ['1', '1'], cents: 499, weight: 8 }),
  vps(102, 11, 'Cloud M', 'pvewhmcs', {
    settings: ['2', '1'],
    cents: 999,
    weight: 8,
    optionGroups: [28, 30],
  }),
  vps(103, 11, 'Cloud L', 'pvewhmcs', { settings: ['3', '1'], cents: 1999, weight: 4, retired: true }),
  vps(111, 12, 'KVM Flex', 'flex', { cents: 799, weight: 10, optionGroups: [21, 28] }),
  vps(112, 12, 'KVM Flex Pro', 'flex', { cents: 1499, weight: 10, optionGroups: [21, 22, 28], allowqty: 1 }),
  vps(121, 12, 'Power VPS', 'power', { cents: 899, weight: 12, optionGroups: [23, 28] }),
  vps(122, 12, 'Power VPS &quot;Budget&quot;', 'power', {
    cents: 399,
    weight: 6,
    optionGroups: [23, 28],
    retired: true,
    hidden: true,
  }),
  vps(131, 12, 'Handmade VPS', 'handmade', { cents: 2499, weight: 7, optionGroups: [24, 29] }),
  vps(132, 12, 'Storage VPS', 'handmade', { cents: 2999, weight: 5, optionGroups: [25, 29] }),
  vps(141, 13, 'Legacy VPS', 'prve', { settings: ['1'], cents: 599, weight: 6, retired: true }),
  vps(151, 11, 'Node VPS', 'puq', {
    settings: ['1', '1024', '10'],
    cents: 699,
    weight: 9,
    optionGroups: [26],
  }),
  other(201, 'hostingaccount', 'Webspace 10 GB', 'cpanel', 6),
  other(202, 'reselleraccount', 'Reseller', 'cpanel', 2),
  other(203, 'other', 'Control panel licence', 'licensing', 3),
  // Sold as a server too, but no virtual one: only a filter by product leaves it out.
  other(204, 'server', 'Dedicated Server', '', 2),
];

function vps(
  id: number,
  gid: number,
  name: string,
  style: Style,
  rest: Partial<Product> & { cents: number; weight: number },
): Product {
  return { id, gid, name, type: 'server', servertype: MODULES[style], style, optionGroups: [], ...rest };
}

function other(id: number, type: Product['type'], name: string, servertype: string, weight: number): Product {
  return { id, gid: 14, name, type, servertype, optionGroups: [], cents: 1290, weight };
}

export const OPTION_GROUPS: Record<number, string> = {
  21: 'Flex sizes',
  22: 'Flex network',
  23: 'Power sizes',
  24: 'Handmade sizes',
  25: 'Storage sizes',
  26: 'Node sizes',
  27: 'Sizes until 2019',
  28: 'Extras',
  29: 'Place &amp; system',
  30: 'Cloud extras',
};

export interface Option {
  id: number;
  gid: number;
  name: string;
  /** 1 dropdown, 2 radio, 3 yes/no, 4 quantity. */
  type: 1 | 2 | 3 | 4;
  values: string[];
  /** Values no longer on sale. */
  retired?: number[];
  hidden?: true;
}

/** No-break space, as text pasted from a web page brings it. */
const NBSP = '\u00a0';

export const OPTIONS: Option[] = [
  {
    id: 301,
    gid: 21,
    name: 'ram|Memory',
    type: 1,
    values: ['2|2 GB', '4|4 GB', '8|8 GB', '16|16 GB', '8|4 GB', '4|4 GB (old)'],
    retired: [4, 5],
  },
  {
    id: 302,
    gid: 21,
    name: 'cpu|CPU Cores',
    type: 2,
    values: ['1|1 Core', '2|2 Cores', '4|4 Cores', '8|8 Cores'],
  },
  {
    id: 303,
    gid: 21,
    name: 'disk|Disk Space',
    type: 1,
    values: ['20|20 GB', '50|50 GB', '100|100 GB', '200|200 GB'],
  },
  {
    id: 304,
    gid: 21,
    name: 'os_type|OS Type',
    type: 1,
    values: [
      '9001|Ubuntu 22.04 LTS',
      '9002|Debian 12',
      '9003|AlmaLinux 9',
      '101|Debian 12|x64',
      '|Debian 12',
      '1099|BeOS R5',
    ],
  },
  { id: 305, gid: 21, name: 'auto_backups|Auto backups', type: 3, values: ['Yes'] },
  { id: 311, gid: 22, name: 'Bandwidth', type: 1, values: ['1 TB', '5 TB', 'Unlimited', '100 Mbps'] },
  { id: 312, gid: 22, name: 'Extra IP Address', type: 4, values: ['1'] },
  {
    id: 321,
    gid: 23,
    name: 'ram|Memory',
    type: 1,
    values: [
      '2048|2 GB',
      '4096|4 GB',
      '8192|8 GB',
      '16384|16 GB',
      `${NBSP}4096 | 4 GB `,
      '|4 GB',
      '0|0 GB',
      '4096|4 GB (until 2022)',
    ],
    retired: [7],
  },
  { id: 322, gid: 23, name: 'CPU Cores', type: 1, values: ['1 vCPU', '2 vCPU', '4 vCPU', '8 vCPU'] },
  {
    id: 323,
    gid: 23,
    name: 'Storage',
    type: 2,
    values: ['20GB SSD NVMe', '50GB SSD NVMe', '100GB SSD NVMe', '200GB SSD NVMe'],
  },
  {
    id: 324,
    gid: 23,
    name: 'OS|Operating system',
    type: 1,
    values: [
      '1021|Ubuntu-20.04',
      '9002|Debian 12',
      '102|Windows Server 2022',
      '101|Debian 12|x64',
      '|Debian 12',
      '1099|BeOS R5',
    ],
  },
  { id: 325, gid: 23, name: 'Extra RAM', type: 4, values: ['1'] },
  { id: 331, gid: 24, name: 'RAM', type: 1, values: ['2 GB', '4096MB', '8 GB', '16 GiB'] },
  { id: 333, gid: 24, name: 'CPU Cores', type: 1, values: ['1', '2 vCPU', '4 Cores', '8'] },
  { id: 334, gid: 24, name: 'Disk Space', type: 1, values: ['20 GB', '50GB SSD', '100 GB', '200 GB'] },
  {
    id: 341,
    gid: 25,
    name: 'CPU &amp; RAM',
    type: 1,
    values: ['1 vCPU &amp; 2 GB', '2 vCPU &amp; 4 GB', '4 vCPU &amp; 8 GB', '8 vCPU &amp; 16 GB'],
  },
  { id: 342, gid: 25, name: 'Disk Space', type: 1, values: ['500 GB', '1 TB', '2 TB', '4 TB'] },
  { id: 351, gid: 26, name: 'RAM', type: 1, values: ['2', '4', '8', '16'] },
  {
    id: 352,
    gid: 26,
    name: 'CPU|Processor',
    type: 2,
    values: ['1|1 vCPU', '2|2 vCPU', '4|4 vCPU', '8|8 vCPU'],
  },
  { id: 353, gid: 26, name: 'System Disk', type: 1, values: ['20', '50', '100', '200'] },
  {
    id: 354,
    gid: 26,
    name: 'Network Bandwidth',
    type: 1,
    values: ['25|25 MB/s', '125|125 MB/s', '0|Unlimited'],
  },
  { id: 361, gid: 27, name: 'ram|Memory', type: 1, values: ['1024|1 GB'], hidden: true },
  { id: 371, gid: 28, name: 'Managed Support', type: 3, values: ['Yes'] },
  { id: 372, gid: 28, name: 'Turbo Booster', type: 1, values: ['Mark II'] },
  { id: 373, gid: 28, name: 'Memory Size', type: 1, values: ['4'] },
  {
    id: 374,
    gid: 28,
    name: 'Memory',
    type: 1,
    values: ['2048|2 GB', '4096|4 GB', '8192|8 GB', '16384|16 GB'],
  },
  {
    id: 391,
    gid: 29,
    name: 'Location',
    type: 1,
    values: ['1|Frankfurt (DE)', '2|Amsterdam (NL)', '3|Paris (FR)'],
  },
  {
    id: 392,
    gid: 29,
    name: 'Operating System',
    type: 1,
    values: ['Debian 12 (Bookworm) 64-bit', 'Ubuntu 22.04', 'BeOS R5'],
  },
  { id: 395, gid: 30, name: 'Extra IP Address', type: 4, values: ['1'] },
];

/** The id of an option's nth value. */
export function valueId(optionId: number, n: number): number {
  return optionId * 100 + n + 1;
}

/** Plans of pvewhmcs and PRVE: vCPU is sockets times cores, memory in MB, disk in GB. */
export const PLANS = [
  { id: 1, title: 'S', cpus: 1, cores: 1, memory: 2048, disk: 20 },
  { id: 2, title: 'M', cpus: 1, cores: 2, memory: 4096, disk: 40 },
  { id: 3, title: 'L', cpus: 2, cores: 2, memory: 8192, disk: 80 },
];

export const ADDONS = [
  { id: 501, name: 'Extra IPv4', packages: '101,102,103,121,131' },
  { id: 502, name: 'Daily backup', packages: '101,102,103,141' },
  { id: 503, name: 'RAM boost 2 GB', packages: '101,102,103,121' },
];

export const CURRENCIES = [
  { id: 1, code: 'EUR', prefix: '', suffix: ' EUR', rate: 1 },
  { id: 2, code: 'USD', prefix: '$', suffix: ' USD', rate: 1.08 },
  { id: 3, code: 'GBP', prefix: '\u00a3', suffix: '', rate: 0.86 },
];

export const FIELDS = {
  globalVmid: 801,
  globalIp: 802,
  rootPassword: 803,
  handmadeVmid: { 131: 811, 132: 812 } as Record<number, number>,
  template: { 101: 821, 102: 822, 103: 823 } as Record<number, number>,
  /** The field of a product no longer sold: values stay behind. */
  formerTemplate: 829,
  resellerTag: { 101: 841, 102: 842, 103: 843, 111: 844, 112: 845 } as Record<number, number>,
  vatNumber: 861,
};

export type ClusterName = 'fra1' | 'ams1';

interface ServerRow {
  id: number;
  name: string;
  type: string;
  cluster?: ClusterName;
  disabled?: 1;
}

/** Rows of tblservers: several stand for the same cluster, as each module needs its own. */
export const SERVERS: ServerRow[] = [
  { id: 3, name: 'Frankfurt', type: 'pvewhmcs', cluster: 'fra1' },
  { id: 4, name: 'Amsterdam', type: 'pvewhmcs', cluster: 'ams1' },
  { id: 5, name: 'Frankfurt Flex', type: 'proxmox_custom', cluster: 'fra1' },
  { id: 6, name: 'Amsterdam Flex', type: 'proxmox_custom', cluster: 'ams1' },
  { id: 8, name: 'Frankfurt Power', type: 'proxmoxvm', cluster: 'fra1' },
  { id: 10, name: 'Amsterdam Power', type: 'proxmoxvm', cluster: 'ams1' },
  { id: 11, name: 'Frankfurt old', type: 'prve', cluster: 'fra1', disabled: 1 },
  { id: 12, name: 'Amsterdam old', type: 'prve', cluster: 'ams1' },
  { id: 13, name: 'Frankfurt Node', type: 'puqProxmoxKVM', cluster: 'fra1' },
  { id: 14, name: 'Amsterdam Node', type: 'puqProxmoxKVM', cluster: 'ams1' },
  { id: 20, name: 'web1', type: 'cpanel' },
];

export const STATUSES = [
  'Pending',
  'Active',
  'Suspended',
  'Terminated',
  'Cancelled',
  'Fraud',
  'Completed',
] as const;
export type Status = (typeof STATUSES)[number];

/** The eight billing cycles with their length in months. */
export const CYCLES: Record<string, number> = {
  'Free Account': 0,
  'One Time': 0,
  Monthly: 1,
  Quarterly: 3,
  'Semi-Annually': 6,
  Annually: 12,
  Biennially: 24,
  Triennially: 36,
};
