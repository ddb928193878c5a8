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
  31: 'Comfort',
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
  ...['Control Panel', 'Monitoring', 'Firewall', 'panel_tz|Time zone', 'Newsletter'].map(comfort),
];

/** The id of an option's nth value. */
export function valueId(optionId: number, n: number): number {
  return optionId * 100 + n + 1;
}

/** An option that has nothing to do with the VM. */
function comfort(name: string, n: number): Option {
  return { id: 381 + n, gid: 31, name, type: 1, values: ['none|None', 'basic|Basic &amp; free'] };
}
