import { createHash, randomBytes } from 'node:crypto';

import { badParameters, refuse } from './api-error.ts';
import type { Vm, VmConfig } from './cluster-state.ts';
import { DISK_KEYS, NUMERIC_KEYS } from './vm-config-parameters.ts';

interface Drive {
  /** Volume id, `none`, or what stands first in the value. */
  file: string;
  options: Record<string, string>;
}

/** Splits a disk's value: the volume first, then key=value pairs. */
export function parseDrive(value: string): Drive {
  const options: Record<string, string> = {};
  let file = '';
  for (const part of value.split(',')) {
    const [key = '', text] = part.split(/=(.*)/s);
    if (text === undefined || key === 'file' || key === 'volume') file = text ?? key;
    else options[key] = text;
  }
  return { file, options };
}

/** Prints a disk's value the way Proxmox VE stores it: volume first, options sorted. */
export function printDrive(drive: Drive): string {
  const rest = Object.entries(drive.options)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  return [drive.file, ...rest].join(',');
}

const DISK_ORDER = new Map(DISK_KEYS.map((key, index) => [key, index]));

/** Names of the disks a config has, in the server's order. */
export function diskKeys(config: VmConfig): string[] {
  return Object.keys(config)
    .filter((key) => DISK_ORDER.has(key))
    .toSorted((a, b) => (DISK_ORDER.get(a) ?? 0) - (DISK_ORDER.get(b) ?? 0));
}

/** The last part of a volume's id, without storage and folders. */
export function volumeName(volid: string): string {
  return volid.split(/[:/]/).at(-1) ?? '';
}

export function isCloudInitDrive(drive: Drive): boolean {
  return /(?:^|[:/])(?:cloudinit|vm-\d+-cloudinit(?:\.\w+)?)$/.test(drive.file);
}

export function isCdrom(drive: Drive): boolean {
  return drive.options.media === 'cdrom';
}

/** Reads a size such as 32G or 512M; a number without a unit is bytes. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMGT])?$/.exec(text);
  if (!match) throw new Error(`bad size ${text}`);
  const power = { K: 1, M: 2, G: 3, T: 4 }[match[2] as 'K' | 'M' | 'G' | 'T'] ?? 0;
  return Math.ceil(Number(match[1]) * 1024 ** power);
}

/** Prints bytes with the largest unit that divides them, as in `size=32G`. */
export function printSize(bytes: number): string {
  const units = ['', 'K', 'M', 'G', 'T'];
  let value = bytes;
  let unit = 0;
  while (unit < units.length - 1 && value % 1024 === 0) {
    value /= 1024;
    unit += 1;
  }
  return `${value}${units[unit]}`;
}

export function newMacAddress(): string {
  const [a = 0, b = 0, c = 0] = randomBytes(3);
  const hex = [a, b, c].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase());
  return `BC:24:11:${hex.join(':')}`;
}

/** Stores a network card as `model=MAC,bridge=…`; a card without a MAC gets a new one. */
export function normalizeNet(value: string, fresh = false): string {
  let model = 'virtio';
  let mac: string | undefined;
  const rest: [string, string][] = [];
  for (const part of value.split(',')) {
    const [key = '', text] = part.split(/=(.*)/s);
    if (key === 'model') model = text ?? model;
    else if (key === 'macaddr') mac = text;
    else if (text === undefined || /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) {
      model = key;
      mac = text;
    } else rest.push([key, text]);
  }
  const address = fresh || !mac ? newMacAddress() : mac.toUpperCase();
  rest.sort(([a], [b]) => (a < b ? -1 : 1));
  return [`${model}=${address}`, ...rest.map(([key, text]) => `${key}=${text}`)].join(',');
}

/** The MAC address of a stored network card. */
export function macAddressOf(net: string): string {
  return /=([0-9A-F]{2}(?::[0-9A-F]{2}){5})/.exec(net)?.[1] ?? '00:00:00:00:00:00';
}

function normalizeTags(value: string): string {
  const tags = value
    .toLowerCase()
    .split(/[;, ]+/)
    .filter(Boolean);
  return [...new Set(tags)].toSorted().join(';');
}

/** Hashes a cloud-init password as an update does; what is a crypt hash already stays. */
export function hashPassword(value: string): string {
  if (/^\$(?:[156]|2[ab]|y)\$/.test(value)) return value;
  const salt = randomBytes(6).toString('base64url').replaceAll(/[-_]/g, '.').slice(0, 8);
  const digest = createHash('sha256').update(`${salt}$${value}`).digest('base64');
  return `$5$${salt}$${digest.replaceAll('+', '.').replace(/=+$/, '')}`;
}

/** Brings one value into the form it is stored in. An emptied text is kept as one blank. */
export function normalizeValue(key: string, value: string | number): string | number {
  if (NUMERIC_KEYS.has(key)) return Number(value);
  const text = String(value);
  if (/^net\d+$/.test(key)) return normalizeNet(text);
  if (key === 'tags') return normalizeTags(text) || ' ';
  if (key === 'description') return text;
  return text === '' ? ' ' : text;
}

/** Rejects lines that are no SSH public keys, as `ssh-keygen -l` would. */
export function checkSshKeys(encoded: string): void {
  const lines = decodeURIComponent(encoded).split(/\r?\n/);
  for (const line of lines) {
    if (line.trim() === '') continue;
    const match = /^(?:.*\s)?((?:ssh|ecdsa|sk)-[\w.@-]+)\s+([A-Za-z0-9+/=]+)(?:\s|$)/.exec(line.trim());
    const blob = Buffer.from(match?.[2] ?? '', 'base64');
    const length = blob.length >= 4 ? blob.readUInt32BE(0) : -1;
    const named = length > 0 ? blob.subarray(4, 4 + length).toString('latin1') : '';
    if (!match || named !== match[1] || blob.length < 4 + length + 36) {
      throw refuse('SSH public key validation error');
    }
  }
}

/** The lines of a config file, apart from the description. */
export function renderSection(config: VmConfig): string {
  return Object.keys(config)
    .filter((key) => key !== 'description')
    .toSorted()
    .map((key) => `${key}: ${config[key]}\n`)
    .join('');
}

/** The config file's text, which is what the digest is made of. */
function renderConfig(vm: Vm): string {
  const description = vm.config.description;
  let text = '';
  if (description !== undefined && description !== '') {
    for (const line of String(description).split('\n')) text += `#${encodeURI(line)}\n`;
  }
  text += renderSection(vm.config);
  if (Object.keys(vm.pending).length > 0 || vm.pendingDelete.length > 0) {
    text += '\n[PENDING]\n';
    if (vm.pendingDelete.length > 0) text += `delete: ${vm.pendingDelete.join(',')}\n`;
    text += renderSection(vm.pending);
  }
  for (const [name, { config }] of Object.entries(vm.snapshots ?? {})) {
    text += `\n[${name}]\n${config.description ?? ''}\n${renderSection(config)}`;
  }
  return text;
}

/** SHA-1 of the config file: any change changes it, writing the same values does not. */
export function configDigest(vm: Vm): string {
  return createHash('sha1').update(renderConfig(vm)).digest('hex');
}

export function checkDigest(vm: Vm, digest: string | number | undefined): void {
  if (digest !== undefined && String(digest) !== configDigest(vm)) {
    throw refuse('checksum mismatch (file change by other user?)');
  }
}

/** The key of an entry of `pendingDelete`; a `!` before it says that the disk goes too. */
export function deletedKey(entry: string): string {
  return entry.replace(/^!/, '');
}

/** The config with what is pending merged in. */
export function mergedConfig(vm: Vm): VmConfig {
  const config = { ...vm.config, ...vm.pending };
  for (const entry of vm.pendingDelete) delete config[deletedKey(entry)];
  return config;
}

/** What GET config shows: no password, empty description left out, digest added. */
export function printConfig(vm: Vm, shown: VmConfig): VmConfig {
  const config = { ...shown };
  if (config.cipassword !== undefined) config.cipassword = '**********';
  if (config.description === '') delete config.description;
  return { ...config, digest: configDigest(vm) };
}

export function checkNotLocked(vm: Vm): void {
  if (vm.config.lock !== undefined) throw refuse(`VM is locked (${vm.config.lock})`);
}

/** Splits a `delete` or `revert` list; unknown names are a 400 under that parameter. */
export function splitKeys(
  parameter: 'delete' | 'revert',
  value: string | number | undefined,
  isKnown: (key: string) => boolean,
): string[] {
  const keys = String(value ?? '')
    .split(/[;, ]+/)
    .filter(Boolean);
  for (const key of keys) {
    if (!isKnown(key)) throw badParameters({ [parameter]: `unknown option '${key}'` });
  }
  return keys;
}
