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
    optionGroups: [28, 30, 31],
  }),
  vps(103, 11, 'Cloud L', 'pvewhmcs', { settings: ['3', '1'], cents: 1999, weight: 4, retired: true }),
  vps(111, 12, 'KVM Flex', 'flex', { cents: 799, weight: 10, optionGroups: [21, 28, 31] }),
  vps(112, 12, 'KVM Flex Pro', 'flex', {
    cents: 1499,
    weight: 10,
    optionGroups: [21, 22, 28, 31],
    allowqty: 1,
  }),
  vps(121, 12, 'Power VPS', 'power', { cents: 899, weight: 12, optionGroups: [23, 28, 31] }),
  vps(122, 12, 'Power VPS &quot;Budget&quot;', 'power', {
    cents: 399,
    weight: 6,
    optionGroups: [23, 28, 31],
    retired: true,
    hidden: true,
  }),
  vps(131, 12, 'Handmade VPS', 'handmade', { cents: 2499, weight: 7, optionGroups: [24, 29, 31] }),
  vps(132, 12, 'Storage VPS', 'handmade', { cents: 2999, weight: 5, optionGroups: [25, 29, 31] }),
  vps(141, 13, 'Legacy VPS', 'prve', { settings: ['1'], cents: 599, weight: 6, retired: true }),
  vps(151, 11, 'Node VPS', 'puq', {
    settings: ['1', '1024', '10'],
    cents: 699,
    weight: 9,
    optionGroups: [26, 31],
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
