/** One `netN`: what Berth sets of it; further options (rate, queues, mtu…) are kept in `options`. */
export interface Net {
  model: string;
  /** Upper case; left out, Proxmox makes a new one on every write. */
  mac?: string;
  bridge?: string;
  /** VLAN, 1 to 4094 */
  tag?: number;
  firewall?: boolean;
  /** Megabytes (not megabits) per second */
  rateMBps?: number;
  linkDown?: boolean;
  options?: Record<string, string>;
}

export interface IpConfig {
  /** Address with prefix (`10.0.0.5/24`) or `dhcp` */
  ip?: string;
  gateway?: string;
  /** Address with prefix, `dhcp` or `auto` */
  ip6?: string;
  gateway6?: string;
}

export interface Disk {
  /** `storage:volume`, or `none` for an empty drive */
  volume: string;
  storage: string | null;
  sizeBytes: number | null;
  isCdrom: boolean;
  options: Record<string, string>;
}

const UNIT_BYTES: Record<string, number> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** Public keys, one per line, as the value of `sshkeys`: percent-encoded before the form encodes it once more. */
export function encodeSshKeys(keys: string[]): string {
  return encodeURIComponent(
    keys
      .map((key) => key.trim())
      .filter(Boolean)
      .join('\n'),
  );
}

/** Takes a property string (`a,b=c,d=e`) apart; the part without a name is returned under `defaultKey`. */
export function parseProperties(text: string, defaultKey: string): Record<string, string> {
  const entries = text
    .split(',')
    .filter(Boolean)
    .map((part): [string, string] => {
      const at = part.indexOf('=');
      return at < 0 ? [defaultKey, part] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    });
  return Object.fromEntries(entries);
}

/** Reads a stored `netN`, such as `virtio=BC:24:11:AA:BB:CC,bridge=vmbr0,tag=100`. Throws TypeError without a model. */
export function parseNet0(text: string): Net {
  const {
    model: named,
    macaddr,
    bridge,
    tag,
    firewall,
    rate,
    link_down,
    ...rest
  } = parseProperties(text, 'model');
  // The model is the default key, and stored as the name of the MAC: virtio=BC:24:….
  const stored = Object.entries(rest).find(([, value]) => /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value));
  const model = named ?? stored?.[0];
  const mac = macaddr ?? stored?.[1];
  if (!model) throw new TypeError(`no network model in ${text}`);
  if (stored) delete rest[stored[0]];
  return {
    model,
    ...(mac === undefined ? {} : { mac: mac.toUpperCase() }),
    ...(bridge === undefined ? {} : { bridge }),
    ...(tag === undefined ? {} : { tag: Number(tag) }),
    ...(firewall === undefined ? {} : { firewall: isTrue(firewall) }),
    ...(rate === undefined ? {} : { rateMBps: Number(rate) }),
    ...(link_down === undefined ? {} : { linkDown: isTrue(link_down) }),
    ...(Object.keys(rest).length > 0 ? { options: rest } : {}),
  };
}

/** Writes a `netN`. Say the MAC when the VM has one: without it every write makes a new one. */
export function formatNet0(net: Net): string {
  return joinProperties([
    net.mac === undefined ? net.model : `${net.model}=${net.mac.toUpperCase()}`,
    ['bridge', net.bridge],
    ['firewall', net.firewall === undefined ? undefined : Number(net.firewall)],
    ['link_down', net.linkDown === undefined ? undefined : Number(net.linkDown)],
    ['rate', net.rateMBps],
    ['tag', net.tag],
    ...Object.entries(net.options ?? {}),
  ]);
}

/** Writes an `ipconfigN`. Throws TypeError for a gateway without a fixed address, which Proxmox would refuse. */
export function formatIpconfig({ ip, gateway, ip6, gateway6 }: IpConfig): string {
  if ((gateway !== undefined && !ip?.includes('/')) || (gateway6 !== undefined && !ip6?.includes('/'))) {
    throw new TypeError('a gateway needs an address with its prefix');
  }
  return joinProperties([
    ['ip', ip],
    ['gw', gateway],
    ['ip6', ip6],
    ['gw6', gateway6],
  ]);
}

/** Reads a stored disk, such as `local-lvm:vm-100-disk-0,iothread=1,size=32G`. */
export function parseDisk(text: string): Disk {
  const { file: volume = 'none', ...options } = parseProperties(text, 'file');
  const at = volume.indexOf(':');
  return {
    volume,
    storage: at < 0 ? null : volume.slice(0, at),
    sizeBytes: options['size'] === undefined ? null : parseSize(options['size']),
    isCdrom: options['media'] === 'cdrom',
    options,
  };
}

/** Bytes of a size as Proxmox writes it: `32G`, `10240M`, `4M`, `528K`, `1.5T` or plain bytes. Throws TypeError otherwise. */
export function parseSize(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text.trim()) ?? [];
  if (amount === undefined) throw new TypeError(`not a size: ${text}`);
  return Math.round(Number(amount) * (UNIT_BYTES[unit] ?? 1));
}

/** The SMBIOS uuid of a configuration's `smbios1`, in lower case, or null. */
export function parseSmbiosUuid(text: string | undefined): string | null {
  return parseProperties(text ?? '', 'uuid')['uuid']?.toLowerCase() ?? null;
}

function joinProperties(parts: (string | [string, string | number | undefined])[]): string {
  return parts
    .flatMap((part) =>
      typeof part === 'string' ? [part] : part[1] === undefined ? [] : [`${part[0]}=${part[1]}`],
    )
    .join(',');
}

/** Reads a flag as Proxmox stores it: 1, on, yes or true. */
export function isTrue(text: string): boolean {
  return /^(?:1|on|yes|true)$/i.test(text);
}
