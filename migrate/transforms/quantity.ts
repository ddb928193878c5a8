import { foldText } from './text.ts';

export type Dimension = 'size' | 'speed' | 'count';

interface Unit {
  dimension: Dimension;
  /** In MiB, Mbit/s or pieces; a TB of traffic is another matter. */
  factor: number;
  isTb?: true;
}

/** GB and GiB mean the same in this trade: every Proxmox module multiplies GB by 1024 to get MB. */
const UNITS = new Map<string, Unit>(
  Object.entries({
    mb: { dimension: 'size', factor: 1 },
    mib: { dimension: 'size', factor: 1 },
    m: { dimension: 'size', factor: 1 },
    gb: { dimension: 'size', factor: 1024 },
    gib: { dimension: 'size', factor: 1024 },
    g: { dimension: 'size', factor: 1024 },
    tb: { dimension: 'size', factor: 1024 * 1024, isTb: true },
    tib: { dimension: 'size', factor: 1024 * 1024, isTb: true },
    t: { dimension: 'size', factor: 1024 * 1024, isTb: true },
    kbps: { dimension: 'speed', factor: 0.001 },
    'kbit/s': { dimension: 'speed', factor: 0.001 },
    mbps: { dimension: 'speed', factor: 1 },
    'mb/s': { dimension: 'speed', factor: 8 },
    mbit: { dimension: 'speed', factor: 1 },
    'mbit/s': { dimension: 'speed', factor: 1 },
    gbps: { dimension: 'speed', factor: 1000 },
    'gb/s': { dimension: 'speed', factor: 8000 },
    gbit: { dimension: 'speed', factor: 1000 },
    'gbit/s': { dimension: 'speed', factor: 1000 },
    ...Object.fromEntries(
      [
        'vcpu',
        'vcpus',
        'cpu',
        'cpus',
        'core',
        'cores',
        'vcore',
        'vcores',
        'ip',
        'ips',
        'ipv4',
        'address',
        'addresses',
      ].map((name) => [name, { dimension: 'count' as const, factor: 1 }]),
    ),
  } satisfies Record<string, Unit>),
);

export interface Quantity {
  value: number;
  /** Undefined when the text names none. */
  unit?: string;
}

export function dimensionOf(unit: string): Dimension | undefined {
  return UNITS.get(foldText(unit))?.dimension;
}

// Groups of three may be parted by comma, apostrophe or space; a point before three digits is ambiguous (see below).
const NUMBER = /^([+-]?)(\d{1,3}(?:[,'.\u00a0\u202f ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?)/;

/**
 * Reads `4 GB`, `4096`, `4,096 MB`, `50GB SSD NVMe`: a number, then perhaps a unit, then words of no meaning.
 * Undefined when the text does not start with a number or the number can be read in two ways, such as `1.024`.
 */
export function parseQuantity(text: string): Quantity | undefined {
  const folded = foldText(text);
  const match = NUMBER.exec(folded);
  if (!match) return undefined;
  const value = parseNumber(match[2] ?? '');
  if (value === undefined) return undefined;
  const rest = folded.slice(match[0].length).trimStart();
  const word = /^[a-z]+\d?(?:\s?\/\s?s(?![a-z]))?/.exec(rest)?.[0].replaceAll(' ', '') ?? '';
  const unit = UNITS.has(word) ? word : undefined;
  const signed = match[1] === '-' ? -value : value;
  return unit === undefined ? { value: signed } : { value: signed, unit };
}

function parseNumber(text: string): number | undefined {
  // One point and three digits: 1024 where the point parts thousands, 1.024 elsewhere.
  if (/^\d{1,3}\.\d{3}$/.test(text) && !text.startsWith('0.')) return undefined;
  const hasGroups = /^\d{1,3}(?:[,'.\u00a0\u202f ]\d{3})+(?:\.\d+)?$/.test(text) && !/^\d+\.\d+$/.test(text);
  const plain = hasGroups ? withoutGroups(text) : text.replace(',', '.');
  const value = Number(plain);
  return Number.isFinite(value) && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

function withoutGroups(text: string): string {
  const groups = text.split(/[,'\u00a0\u202f ]/);
  return groups.length > 1 ? groups.join('') : text.replaceAll('.', '');
}

/**
 * In the unit of the target: MiB (`perTarget` 1), GiB (1024), Mbit/s or pieces. `perTb` GiB make a TB.
 * Undefined when the result is not whole.
 */
export function convertQuantity(
  { value, unit }: { value: number; unit: string },
  { perTarget, perTb }: { perTarget: number; perTb: number },
): number | undefined {
  const known = UNITS.get(foldText(unit));
  if (!known) return undefined;
  const factor = known.isTb ? 1024 * perTb : known.factor;
  const result = Math.round(((value * factor) / perTarget) * 1e6) / 1e6;
  return Number.isSafeInteger(result) ? result : undefined;
}
