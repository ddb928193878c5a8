import { isIP, isIPv4, isIPv6 } from 'node:net';

import cpuModels from './cpu-models.json' with { type: 'json' };
import { allPrivileges } from './privileges.ts';
import type { Release } from './privileges.ts';
import type { Parameters } from './parameters.ts';

/** Answers what is wrong with a value, or undefined. */
type TextFormat = (text: string, release: Release) => string | undefined;

const CPU_MODELS = new Set(Object.values(cpuModels).flat());
const CONTENT_TYPES = ['images', 'rootdir', 'vztmpl', 'iso', 'backup', 'snippets', 'import', 'none'];
const DNS_NAME = /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)*[a-z\d](?:[a-z\d-]*[a-z\d])?$/i;
const USER = /^[^\s:/]+@[a-z][a-z\d.\-_]+$/i;
const TOKEN = /^[^\s:/]+@[a-z][a-z\d.\-_]+![a-z][a-z\d.\-_]+$/i;
const STORAGE = /^[a-z][a-z\d\-_.]*[a-z\d]$/i;
const BRIDGE = /^[-_.\w]+$/;
const VOLUME = /^[a-z][a-z\d\-_.]*[a-z\d]:.+$/i;
const EMAIL_USER = String.raw`[\w+\-~]+(?:\.[\w+\-~]+)*`;
const EMAIL = new RegExp(String.raw`^${EMAIL_USER}@[a-z\d-]+(?:\.[a-z\d-]+)*$`, 'i');
const PORT = /^(?:\d{1,5}(?::\d{1,5})?|[a-z][a-z\d-]*)$/;
const ICMP_TYPE = /^(?:any|[a-z][a-z\d-]*|\d{1,3}(?:\/\d{1,3})?)$/;
const IP_SET_OR_ALIAS = /^(?:\+\S+|(?:dc\/|guest\/)?[a-z][\w-]*)$/i;
const DRIVE = /^(?:ide[0-3]|sata[0-5]|scsi(?:[12]?\d|30)|virtio(?:\d|1[0-5]))$/;
const NET_OR_PASSED_THROUGH = /^(?:net(?:[12]?\d|3[01])|usb(?:\d|1[0-3])|hostpci(?:\d|1[0-5]))$/;

function matching(pattern: RegExp, fault: string | ((text: string) => string)): TextFormat {
  return (text) => {
    if (pattern.test(text)) return undefined;
    return typeof fault === 'string' ? fault : fault(text);
  };
}

function isNetwork(text: string, { bare = false } = {}): boolean {
  const [address = '', bits, rest] = text.split('/');
  if (rest !== undefined || isIP(address) === 0) return false;
  if (bits === undefined) return bare;
  return /^\d+$/.test(bits) && Number(bits) > 7 && Number(bits) <= (isIPv4(address) ? 32 : 128);
}

function networkOf(version: 4 | 6, words: string[]): TextFormat {
  return (text) =>
    words.includes(text) || (isNetwork(text) && isIP(text.split('/')[0] ?? '') === version)
      ? undefined
      : `value does not look like a valid ipv${version} network configuration`;
}

/** Texts such as `a:b` say what becomes of what, `1` that all stays. */
function pairOf(pattern: RegExp, fault: (id: string) => string): TextFormat {
  return (text) => {
    const bad = text === '1' ? undefined : text.split(':').find((id) => !pattern.test(id));
    return bad === undefined ? undefined : `entry '${text}' contains invalid ID - ${fault(bad)}\n`;
  };
}

const badStorage = (text: string): string => `storage ID '${text}' contains illegal characters`;
const badBridge = (text: string): string => `invalid bridge ID '${text}'`;
const badVolume = (text: string): string => `unable to parse volume ID '${text}'`;

/** An alias, an IP set, or addresses, networks and one range. */
function checkFirewallAddress(text: string): string | undefined {
  if (IP_SET_OR_ALIAS.test(text)) return undefined;
  const bad = text
    .split(',')
    .flatMap((part) => part.split('-'))
    .find((address) => !isNetwork(address, { bare: true }));
  return bad === undefined ? undefined : `invalid IP address: Invalid IP '${bad}'`;
}

/** The formats that look at a whole text. Texts of the answers from pve-common, pve-storage and qemu-server. */
export const TEXT_FORMATS: Record<string, TextFormat> = {
  CIDR: (text) => (isNetwork(text) ? undefined : 'value does not look like a valid CIDR network'),
  IPorCIDR: (text) =>
    isNetwork(text, { bare: true })
      ? undefined
      : 'value does not look like a valid IP address or CIDR network',
  IPorCIDRorAlias: (text) =>
    isNetwork(text, { bare: true }) || /^(?:dc\/|guest\/)?[a-z][\w-]*$/i.test(text)
      ? undefined
      : 'value does not look like a valid IP address or CIDR network',
  address: (text) =>
    isIP(text) > 0 || DNS_NAME.test(text) ? undefined : `value does not look like a valid address: ${text}`,
  'bridge-pair': pairOf(BRIDGE, badBridge),
  'disk-size': matching(
    /^\d+(?:\.\d+)?[KMGT]?$/,
    (text) => `value does not look like a valid disk size: ${text}`,
  ),
  'dns-name': matching(DNS_NAME, 'value does not look like a valid DNS name'),
  email: matching(EMAIL, 'value does not look like a valid email address'),
  'email-or-username': (text) =>
    EMAIL.test(text) || new RegExp(`^${EMAIL_USER}$`).test(text)
      ? undefined
      : 'value does not look like a valid email address or user name',
  ipv4: (text) => (isIPv4(text) ? undefined : 'value does not look like a valid IPv4 address'),
  ipv6: (text) => (isIPv6(text) ? undefined : 'value does not look like a valid IPv6 address'),
  'mac-addr': matching(
    /^[\da-f][02468ace](?::[\da-f]{2}){5}$/i,
    'value does not look like a valid unicast MAC address',
  ),
  'pve-bridge-id': matching(BRIDGE, badBridge),
  'pve-configid': matching(/^[a-z][\w-]+$/i, (text) => `invalid configuration ID '${text}'`),
  'pve-cpuset': matching(/^\s*\d+(?:-\d+)?(?:\s*,\s*\d+(?:-\d+)?)*\s*$/, 'unable to parse cpuset option'),
  'pve-fw-addr-spec': checkFirewallAddress,
  'pve-fw-dport-spec': checkPorts,
  'pve-fw-icmp-type-spec': matching(ICMP_TYPE, (text) => `invalid icmp-type value '${text}'`),
  'pve-fw-protocol-spec': matching(/^(?:\d{1,3}|[a-z][a-z\d.+-]*)$/i, (text) => `unknown protocol '${text}'`),
  'pve-fw-sport-spec': checkPorts,
  'pve-groupid': matching(/^[A-Za-z\d.\-_]+$/, (text) => `group name '${text}' contains invalid characters`),
  'pve-hotplug-features': (text) => {
    const bad = listOf(text).find((word) => !/^(?:[01]|network|disk|cpu|memory|usb|cloudinit)$/.test(word));
    return bad === undefined ? undefined : `invalid hotplug feature '${bad}'`;
  },
  'pve-iface': matching(
    /^[a-z][a-z\d_]{1,20}(?:[:.]\d+)?$/i,
    (text) => `invalid network interface name '${text}'`,
  ),
  'pve-ipv4-config': networkOf(4, ['dhcp', 'manual']),
  'pve-ipv6-config': networkOf(6, ['auto', 'dhcp', 'manual']),
  'pve-node': matching(/^[a-z\d](?:[a-z\d-]*[a-z\d])?$/i, 'value does not look like a valid node name'),
  'pve-phys-bits': (text) =>
    text === 'host' || (/^\d{1,2}$/.test(text) && Number(text) >= 8 && Number(text) <= 64)
      ? undefined
      : "value must be an integer between 8 and 64 or 'host'",
  'pve-poolid': matching(
    /^[A-Za-z\d.\-_]+(?:\/[A-Za-z\d.\-_]+){0,2}$/,
    (text) => `pool name '${text}' contains invalid characters`,
  ),
  'pve-priv': (text, release) =>
    allPrivileges(release).includes(text) ? undefined : `invalid privilege '${text}'`,
  'pve-qm-bootdev': (text) =>
    DRIVE.test(text) || NET_OR_PASSED_THROUGH.test(text) ? undefined : `invalid boot device '${text}'`,
  'pve-qm-bootdisk': matching(DRIVE, (text) => `invalid boot disk '${text}'`),
  'pve-realm': matching(/^[a-z][a-z\d.\-_]+$/i, 'value does not look like a valid realm'),
  'pve-roleid': matching(/^[A-Za-z\d.\-_]+$/, (text) => `role name '${text}' contains invalid characters`),
  'pve-startup-order': matching(
    /^(?:(?:order=)?\d+|up=\d+|down=\d+)(?:,(?:(?:order=)?\d+|up=\d+|down=\d+))*$/,
    'unable to parse startup options',
  ),
  'pve-storage-content': (text) =>
    CONTENT_TYPES.includes(text) ? undefined : `invalid content type '${text}'`,
  'pve-storage-id': matching(STORAGE, badStorage),
  'pve-tag': matching(/^[a-z\d_][a-z\d_\-+.]*$/i, 'invalid characters in tag'),
  'pve-task-status-type': matching(
    /^(?:ok|error|warning|unknown)$/i,
    (text) => `invalid task status type '${text}'`,
  ),
  'pve-tokenid': matching(TOKEN, (text) => `value '${text}' does not look like a valid token ID`),
  'pve-userid': (text) =>
    text.length < 3
      ? `user name '${text}' is too short`
      : text.length > 64
        ? `user name '${text}' is too long (${text.length} > 64)`
        : USER.test(text)
          ? undefined
          : `value '${text}' does not look like a valid user name`,
  'pve-vmid': matching(/^[1-9]\d{2,8}$/, 'value does not look like a valid VM ID'),
  'pve-volume-id': matching(VOLUME, badVolume),
  'pve-volume-id-or-absolute-path': (text) =>
    text.startsWith('/') || VOLUME.test(text) ? undefined : badVolume(text),
  'pve-volume-id-or-qm-path': (text) =>
    ['none', 'cdrom'].includes(text) || text.startsWith('/') || VOLUME.test(text)
      ? undefined
      : badVolume(text),
  'storage-pair': pairOf(STORAGE, badStorage),
  urlencoded: matching(/^[-%a-zA-Z\d_.!~*'()]*$/, (text) => `invalid urlencoded string: ${text}`),
};

function checkPorts(text: string): string | undefined {
  for (const item of text.split(',')) {
    const tooHigh = item.split(':').find((port) => Number(port) > 65_535);
    if (tooHigh !== undefined || !PORT.test(item)) return `invalid port '${tooHigh ?? item}'`;
  }
  return undefined;
}

/** The entries of a text that lists them: separated by blanks, commas or semicolons, or by NUL. */
export function listOf(value: string | number | undefined): string[] {
  const text = String(value ?? '');
  return text.split(text.includes('\0') ? '\0' : /[,;\s]+/).filter(Boolean);
}

const FLAG = { type: 'boolean', optional: true } as const;
const TEXT = { type: 'string', optional: true } as const;
const HEX_ID = { ...TEXT, pattern: '0x[0-9A-Fa-f]{4}' };
const BASE64 = { ...TEXT, pattern: String.raw`[A-Za-z0-9+\/]+={0,2}` };
const COUNT = { type: 'integer', optional: true, minimum: 0 } as const;
const PCI = '(?:[0-9a-fA-F]{4,}:)?[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\\.[0-9a-fA-F])?';
const CUSTOM = { ...TEXT, format: 'pve-volume-id' };

/** The formats of property strings, which the schema knows by name only; from qemu-server and pve-guest-common. */
export const PROPERTY_FORMATS: Record<string, Parameters> = {
  'backup-fleecing': {
    enabled: { ...FLAG, default_key: true },
    storage: { ...TEXT, format: 'pve-storage-id' },
  },
  'backup-performance': {
    'max-workers': { type: 'integer', optional: true, minimum: 1, maximum: 256 },
    'pbs-entries-max': { type: 'integer', optional: true, minimum: 1 },
  },
  'prune-backups': {
    'keep-all': FLAG,
    ...Object.fromEntries(
      ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'].map((span) => [`keep-${span}`, COUNT]),
    ),
  },
  'proxmox-remote': {
    apitoken: { type: 'string' },
    fingerprint: { ...TEXT, pattern: '(?:[A-Fa-f0-9]{2}:){31}[A-Fa-f0-9]{2}' },
    host: { type: 'string' },
    port: { type: 'integer', optional: true },
  },
  'pve-qemu-sev-fmt': {
    type: { type: 'string', default_key: true, enum: ['std', 'es', 'snp'] },
    'allow-smt': FLAG,
    'kernel-hashes': FLAG,
    'no-debug': FLAG,
    'no-key-sharing': FLAG,
  },
  'pve-qemu-tdx-fmt': {
    type: { type: 'string', default_key: true, enum: ['tdx'] },
    attestation: FLAG,
    'vsock-cid': { type: 'integer', optional: true, minimum: 2 },
    'vsock-port': COUNT,
  },
  'pve-qm-boot': {
    legacy: { ...TEXT, default_key: true, pattern: '[acdn]{1,4}' },
    order: { ...TEXT, format: 'pve-qm-bootdev-list' },
  },
  'pve-qm-cicustom': { meta: CUSTOM, network: CUSTOM, user: CUSTOM, vendor: CUSTOM },
  'pve-qm-hostpci': {
    'device-id': HEX_ID,
    driver: { ...TEXT, enum: ['vfio', 'keep'] },
    host: { ...TEXT, default_key: true, pattern: `${PCI}(?:;${PCI})*` },
    'legacy-igd': FLAG,
    mapping: { ...TEXT, format: 'pve-configid' },
    mdev: { ...TEXT, pattern: String.raw`[^/\.:]+` },
    pcie: FLAG,
    rombar: FLAG,
    romfile: { ...TEXT, pattern: '[^,;]+' },
    'sub-device-id': HEX_ID,
    'sub-vendor-id': HEX_ID,
    'vendor-id': HEX_ID,
    'x-vga': FLAG,
  },
  'pve-qm-ipconfig': {
    gw: { ...TEXT, format: 'ipv4', requires: 'ip' },
    gw6: { ...TEXT, format: 'ipv6', requires: 'ip6' },
    ip: { ...TEXT, format: 'pve-ipv4-config' },
    ip6: { ...TEXT, format: 'pve-ipv6-config' },
  },
  'pve-qm-rng': {
    max_bytes: { type: 'integer', optional: true },
    period: { type: 'integer', optional: true },
    source: { type: 'string', default_key: true, enum: ['/dev/urandom', '/dev/random', '/dev/hwrng'] },
  },
  'pve-qm-smbios1': {
    base64: FLAG,
    family: BASE64,
    manufacturer: BASE64,
    product: BASE64,
    serial: BASE64,
    sku: BASE64,
    uuid: { ...TEXT, pattern: '[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}' },
    version: BASE64,
  },
  'pve-qm-watchdog': {
    action: { ...TEXT, enum: ['reset', 'shutdown', 'poweroff', 'pause', 'debug', 'none'] },
    model: { ...TEXT, default_key: true, enum: ['i6300esb', 'ib700'] },
  },
  'pve-vm-cpu-conf': {
    cputype: { ...TEXT, default_key: true },
    flags: { ...TEXT, pattern: String.raw`[+-][\w.-]+(?:;[+-][\w.-]+)*` },
    'guest-phys-bits': { type: 'integer', optional: true, minimum: 32, maximum: 64 },
    hidden: FLAG,
    'hv-vendor-id': { ...TEXT, pattern: '[a-zA-Z0-9]{1,12}' },
    'phys-bits': { ...TEXT, format: 'pve-phys-bits' },
    'reported-model': { ...TEXT, enum: [...CPU_MODELS].toSorted() },
  },
};

/** What is asked of a property string when its parts are good. */
export const PROPERTY_CHECKS: Record<
  string,
  (values: Record<string, string | number>) => string | undefined
> = {
  'pve-vm-cpu-conf': ({ cputype = 'kvm64' }) => {
    const name = String(cputype);
    return CPU_MODELS.has(name) || name.startsWith('custom-')
      ? undefined
      : `Built-in cputype '${name}' is not defined (missing 'custom-' prefix?)`;
  },
};
