import { isIPv4, isIPv6 } from 'node:net';

import { BOOLEAN, DNS_NAME, integer, optional, STRING } from './parameters.ts';
import type { Parameter, Parameters } from './parameters.ts';

/** Keys whose values are printed as JSON numbers; `memory` is famously not among them. */
export const NUMERIC_KEYS = new Set(
  `acpi autostart balloon ciupgrade cores cpuunits freeze kvm localtime numa onboot protection reboot
  shares smp sockets tablet tdf template vcpus`.split(/\s+/),
);

/** Buses that carry disks, with their highest index. */
export const DISK_BUSES: Record<string, number> = { ide: 3, sata: 5, scsi: 30, virtio: 15 };

/** All disk keys a config may have, in the order Proxmox VE lists them. */
export const DISK_KEYS = [
  ...['ide', 'scsi', 'virtio', 'sata'].flatMap((bus) =>
    Array.from({ length: (DISK_BUSES[bus] ?? 0) + 1 }, (_, n) => `${bus}${n}`),
  ),
  'efidisk0',
  'tpmstate0',
];

const FREE_TEXT_KEYS = `
  affinity agent amd-sev args audio0 bios boot bootdisk cdrom cicustom cipassword citype ciuser
  cpu hookscript hotplug hugepages keyboard lock machine memory migrate_downtime nameserver
  ostype rng0 scsihw searchdomain smbios1 spice_enhancements startdate startup vga vmgenid
  vmstatestorage watchdog cpulimit keephugepages efidisk0 tpmstate0 migrate_speed
  import-working-storage`
  .trim()
  .split(/\s+/);

const FLAG_KEYS = `
  acpi autostart ciupgrade freeze kvm localtime numa onboot protection reboot tablet tdf template`
  .trim()
  .split(/\s+/);

/** The schema of every configuration key of a VM. */
export const VM_CONFIG: Parameters = {
  ...Object.fromEntries(FREE_TEXT_KEYS.map((key) => [key, STRING])),
  ...Object.fromEntries(FLAG_KEYS.map((key) => [key, BOOLEAN])),
  name: optional(DNS_NAME),
  description: { ...STRING, maxLength: 8192 },
  tags: { ...STRING, format: checkTags },
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
  ...Object.fromEntries(Object.entries(DISK_BUSES).map(([bus, n]) => [`${bus}[n]`, numbered(n)])),
};

/** Says whether a name is a configuration key at all, as `delete` and `revert` ask. */
export function isConfigKey(key: string): boolean {
  if (Object.hasOwn(VM_CONFIG, key)) return !key.includes('[');
  const match = /^([a-z]+)(0|[1-9]\d*)$/.exec(key);
  const parameter = match && VM_CONFIG[`${match[1]}[n]`];
  return parameter ? Number(match[2]) <= (parameter.maximum ?? 0) : false;
}

function numbered(maximum: number, format?: (text: string) => string | undefined): Parameter {
  return { type: 'string', optional: true, maximum, ...(format ? { format } : {}) };
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

const NET_MODELS =
  /^(?:e1000(?:-8254[045](?:em|gc))?|e1000e|i8255[179](?:b|er)?|ne2k_(?:isa|pci)|pcnet|rtl8139|virtio|vmxnet3)$/;
const NET_OPTIONS: Record<string, RegExp> = {
  bridge: /^[-_.\w]+$/,
  firewall: /^[01]$/,
  link_down: /^[01]$/,
  macaddr: /^[0-9a-f][02468ace](?::[0-9a-f]{2}){5}$/i,
  model: NET_MODELS,
  mtu: /^\d+$/,
  queues: /^\d+$/,
  rate: /^\d+(\.\d+)?$/,
  tag: /^\d+$/,
  trunks: /^\d+(?:-\d+)?(?:;\d+(?:-\d+)?)*$/,
};

function checkNet(text: string): string | undefined {
  let model = false;
  for (const part of text.split(',')) {
    const [key = '', value] = part.split(/=(.*)/s);
    if (NET_MODELS.test(key)) {
      model = true;
      if (value !== undefined && !NET_OPTIONS.macaddr?.test(value)) {
        return `format error\nnet.macaddr: invalid format - value does not look like a valid unicast MAC address\n`;
      }
      continue;
    }
    const pattern = NET_OPTIONS[key];
    if (!pattern || value === undefined) {
      return `format error\nnet.${key}: property is not defined in schema and the schema does not allow additional properties`;
    }
    if (key === 'model') model = true;
    if (!pattern.test(value)) return `format error\nnet.${key}: value does not match the regex pattern`;
  }
  return model ? undefined : 'format error\nnet.model: property is missing and it is not optional';
}

/** Checks ip, gw, ip6 and gw6; texts as seen on pve-manager 9.2. */
function checkIpConfig(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  const given: Record<string, string> = {};
  for (const part of text.split(',')) {
    const [key = '', value = ''] = part.split(/=(.*)/s);
    if (key in given) return `duplicate key in comma-separated list property: ${key}`;
    given[key] = value;
  }
  for (const [key, value] of Object.entries(given)) {
    const detail = checkIpConfigPart(key, value);
    if (detail) return `format error\nipconfig0.${key}: ${detail}`;
  }
  if (given.gw && !given.ip) return "format error\nipconfig0.ip: missing property required by 'ipconfig0.gw'";
  if (given.gw6 && !given.ip6) {
    return "format error\nipconfig0.ip6: missing property required by 'ipconfig0.gw6'";
  }
  return undefined;
}

function checkIpConfigPart(key: string, value: string): string | undefined {
  const [address = '', prefix = ''] = value.split('/');
  const bits = /^\d+$/.test(prefix) ? Number(prefix) : -1;
  switch (key) {
    case 'ip':
      return value === 'dhcp' || (isIPv4(address) && bits >= 8 && bits <= 32)
        ? undefined
        : 'invalid format - value does not look like a valid ipv4 network configuration\n';
    case 'ip6':
      return value === 'dhcp' || value === 'auto' || (isIPv6(address) && bits >= 8 && bits <= 128)
        ? undefined
        : 'invalid format - value does not look like a valid ipv6 network configuration\n';
    case 'gw':
      return isIPv4(value) ? undefined : 'invalid format - value does not look like a valid ipv4 address\n';
    case 'gw6':
      return isIPv6(value) ? undefined : 'invalid format - value does not look like a valid ipv6 address\n';
    default:
      return 'property is not defined in schema and the schema does not allow additional properties';
  }
}
