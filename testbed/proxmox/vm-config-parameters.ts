import { isIPv4, isIPv6 } from 'node:net';

import cpuModels from './cpu-models.json' with { type: 'json' };
import { BOOLEAN, DNS_NAME, integer, optional, STRING } from './parameters.ts';
import type { Parameter, Parameters } from './parameters.ts';
import { propertyString } from './property-string.ts';

const CPU_MODELS = new Set(Object.values(cpuModels).flat());

/** Keys whose values are printed as JSON numbers; `memory` is famously not among them. */
export const NUMERIC_KEYS = new Set(
  `acpi autostart balloon ciupgrade cores cpuunits freeze kvm localtime numa onboot protection reboot
  shares smp sockets tablet tdf template vcpus`.split(/\s+/),
);

/** Buses that carry disks, with their highest index. */
const DISK_BUSES: Record<string, number> = { ide: 3, sata: 5, scsi: 30, virtio: 15 };

/** All disk keys a config may have, in the order Proxmox VE lists them. */
export const DISK_KEYS = [
  ...['ide', 'scsi', 'virtio', 'sata'].flatMap((bus) =>
    Array.from({ length: (DISK_BUSES[bus] ?? 0) + 1 }, (_, n) => `${bus}${n}`),
  ),
  'efidisk0',
  'tpmstate0',
];

const FREE_TEXT_KEYS = `
  affinity agent amd-sev args audio0 bios boot bootdisk cdrom cipassword citype ciuser
  hookscript hotplug hugepages keyboard lock machine migrate_downtime nameserver
  rng0 scsihw searchdomain smbios1 spice_enhancements startdate startup vga vmgenid
  vmstatestorage watchdog cpulimit keephugepages efidisk0 tpmstate0 migrate_speed
  import-working-storage`
  .trim()
  .split(/\s+/);

const FLAG_KEYS = `
  acpi autostart ciupgrade freeze kvm localtime numa onboot protection reboot tablet tdf template`
  .trim()
  .split(/\s+/);

const IPV4_NETWORK: Parameter = {
  ...STRING,
  format: (text) => {
    const [address = '', prefix = ''] = text.split('/');
    const isGood = text === 'dhcp' || (isIPv4(address) && isBetween(prefix, 8, 32));
    return isGood ? undefined : 'value does not look like a valid ipv4 network configuration';
  },
};

const IPV6_NETWORK: Parameter = {
  ...STRING,
  format: (text) => {
    const [address = '', prefix = ''] = text.split('/');
    const isGood = text === 'dhcp' || text === 'auto' || (isIPv6(address) && isBetween(prefix, 8, 128));
    return isGood ? undefined : 'value does not look like a valid ipv6 network configuration';
  },
};

const IPV4: Parameter = {
  ...STRING,
  format: (text) => (isIPv4(text) ? undefined : 'value does not look like a valid ipv4 address'),
};

const IPV6: Parameter = {
  ...STRING,
  format: (text) => (isIPv6(text) ? undefined : 'value does not look like a valid ipv6 address'),
};

function isBetween(text: string, least: number, most: number): boolean {
  return /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most;
}

const checkIpConfigParts = propertyString(
  { ip: IPV4_NETWORK, gw: IPV4, ip6: IPV6_NETWORK, gw6: IPV6 },
  { requires: { gw: 'ip', gw6: 'ip6' } },
);

const NET_MODELS = `e1000 e1000-82540em e1000-82544gc e1000-82545em e1000e i82551 i82557b i82559er
  ne2k_isa ne2k_pci pcnet rtl8139 virtio vmxnet3`.split(/\s+/);

const checkNet = propertyString(
  {
    model: { type: 'string', enum: NET_MODELS },
    macaddr: {
      ...STRING,
      format: (text) =>
        /^[0-9a-f][02468ace](?::[0-9a-f]{2}){5}$/i.test(text)
          ? undefined
          : 'value does not look like a valid unicast MAC address',
    },
    bridge: { ...STRING, pattern: /^[-_.\w]+$/ },
    firewall: BOOLEAN,
    link_down: BOOLEAN,
    mtu: integer(1, 65_520),
    queues: integer(0, 64),
    rate: { type: 'number', optional: true, minimum: 0 },
    tag: integer(1, 4094),
    trunks: { ...STRING, pattern: /^\d+(?:-\d+)?(?:;\d+(?:-\d+)?)*$/ },
  },
  {
    defaultKey: 'model',
    aliases: (key) => (NET_MODELS.includes(key) ? ['model', 'macaddr'] : undefined),
  },
);

const DRIVE_OPTIONS = `aio backup bps bps_max_length bps_rd bps_rd_max_length bps_wr bps_wr_max_length cache
  cyls detect_zeroes discard heads import-from iops iops_max iops_max_length iops_rd iops_rd_max
  iops_rd_max_length iops_wr iops_wr_max iops_wr_max_length iothread mbps mbps_max mbps_rd mbps_rd_max mbps_wr
  mbps_wr_max media model product queues replicate rerror ro scsiblock secs serial shared size snapshot ssd
  trans vendor werror wwn`.split(/\s+/);

const checkDrive = propertyString(
  {
    ...Object.fromEntries(DRIVE_OPTIONS.map((key) => [key, STRING])),
    file: { type: 'string', format: checkVolume },
    format: { ...STRING, enum: ['raw', 'qcow', 'qed', 'qcow2', 'vmdk', 'cloop'] },
  },
  { defaultKey: 'file' },
);

const CUSTOM_FILE: Parameter = { ...STRING, format: checkVolume };
const checkCustom = propertyString({
  meta: CUSTOM_FILE,
  network: CUSTOM_FILE,
  user: CUSTOM_FILE,
  vendor: CUSTOM_FILE,
});

const checkMemory = propertyString({ current: { type: 'integer', minimum: 16 } }, { defaultKey: 'current' });

const OS_TYPES = 'other wxp w2k w2k3 w2k8 wvista win7 win8 win10 win11 l24 l26 solaris'.split(' ');

/** The schema of every configuration key of a VM. */
export const VM_CONFIG: Parameters = {
  ...Object.fromEntries(FREE_TEXT_KEYS.map((key) => [key, STRING])),
  ...Object.fromEntries(FLAG_KEYS.map((key) => [key, BOOLEAN])),
  name: optional(DNS_NAME),
  memory: { ...STRING, format: checkMemory },
  ostype: { ...STRING, enum: OS_TYPES },
  description: { ...STRING, maxLength: 8192 },
  tags: { ...STRING, format: checkTags },
  cicustom: { ...STRING, format: checkCustom },
  cpu: { ...STRING, format: checkCpu },
  sshkeys: { ...STRING, format: checkUrlEncoded },
  cores: integer(1),
  sockets: integer(1),
  vcpus: integer(1),
  cpuunits: integer(1, 262_144),
  balloon: integer(0),
  shares: integer(0, 50_000),
  smp: integer(1),
  'net[n]': numbered(31, checkNet),
  'ipconfig[n]': numbered(31, checkIpConfig),
  'unused[n]': numbered(255),
  'serial[n]': numbered(3),
  'usb[n]': numbered(14),
  'hostpci[n]': numbered(15),
  'numa[n]': numbered(7),
  'parallel[n]': numbered(2),
  'virtiofs[n]': numbered(9),
  ...Object.fromEntries(Object.entries(DISK_BUSES).map(([bus, n]) => [`${bus}[n]`, numbered(n, checkDrive)])),
};

/** Says whether a name is a configuration key at all, as `delete` and `revert` ask. */
export function isConfigKey(key: string): boolean {
  if (Object.hasOwn(VM_CONFIG, key)) return !key.includes('[');
  const match = /^([a-z]+)(0|[1-9]\d*)$/.exec(key);
  const parameter = match && VM_CONFIG[`${match[1]}[n]`];
  return parameter ? Number(match[2]) <= (parameter.maximum ?? 0) : false;
}

function numbered(maximum: number, format?: Parameter['format']): Parameter {
  return { type: 'string', optional: true, maximum, ...(format ? { format } : {}) };
}

function checkCpu(text: string): string | undefined {
  const type = text
    .split(',')
    .map((part) => part.split('='))
    .find(([key, value]) => value === undefined || key === 'cputype');
  const name = type?.at(-1) ?? '';
  return CPU_MODELS.has(name) || name.startsWith('custom-') || name === ''
    ? undefined
    : `Built-in cputype '${name}' is not defined (missing 'custom-' prefix?)`;
}

function checkTags(text: string): string | undefined {
  const bad = text
    .split(/[;, ]+/)
    .filter(Boolean)
    .some((tag) => !/^[a-z0-9_][a-z0-9_\-+.]*$/i.test(tag));
  return bad ? 'invalid characters in tag' : undefined;
}

function checkUrlEncoded(text: string): string | undefined {
  return /^[-%a-zA-Z0-9_.!~*'()]*$/.test(text) ? undefined : `invalid urlencoded string: ${text}`;
}

/** An emptied ipconfig is accepted and kept as a blank. */
function checkIpConfig(text: string, name: string): string | undefined {
  return text.trim() === '' ? undefined : checkIpConfigParts(text, name);
}

function checkVolume(text: string): string | undefined {
  return text === 'none' || text === 'cdrom' || text.includes(':')
    ? undefined
    : `unable to parse volume ID '${text}'`;
}
