import { FIELD_KINDS, type FieldName } from './mapping-schema.ts';
import { convertQuantity, dimensionOf, parseQuantity } from './transforms/quantity.ts';
import { splitPipe, type TextPolicy } from './transforms/text.ts';

/** A guess for a person to check; nothing is ever mapped by it. */
export interface Suggestion {
  field: FieldName | 'ignore';
  unit?: string;
  op?: 'add';
  why: string;
}

type Guess = Pick<Suggestion, 'field' | 'op'>;

/** Names met in public modules and shops. Sums come before what they are sums of. */
const NAMES: [RegExp, Guess][] = [
  [/pass|secret|token|ssh.?key/, { field: 'ignore' }],
  [/^(extra|additional) (ram|memory)|ram boost/, { field: 'memoryMib', op: 'add' }],
  [/^(extra|additional) (disk|storage)/, { field: 'diskGib', op: 'add' }],
  [/^(extra|additional) (ip|ipv4)/, { field: 'ipv4Count', op: 'add' }],
  [/^(ram|memory)\b|memory_gb/, { field: 'memoryMib' }],
  [/^v?cpu\b(?!.*(units|limit))|cpu ?cores|vcpu count|^cores$|processor/, { field: 'vcpu' }],
  [/network bandwidth|network ?speed|port speed|uplink/, { field: 'networkMbps' }],
  [/^disk|disk space|^storage$|system disk|disk_gb|^ssd|^nvme/, { field: 'diskGib' }],
  [/^bandwidth|traffic|data transfer/, { field: 'trafficGib' }],
  [/^ipv4( addresses)?$/, { field: 'ipv4Count' }],
  [/^os$|^os[_ ]?type|operating system|template|osimage/, { field: 'os' }],
  [/location|datacenter|data centre/, { field: 'location' }],
  [/backup/, { field: 'backups' }],
  [/^mac( ?address)?$/, { field: 'macAddress' }],
  [/^host ?name$|server_name/, { field: 'hostname' }],
  [/^vmid$|^vpsid$|^subid$|virtual machine id/, { field: 'vmid' }],
];

/** The field a name seems to mean. */
export function suggestField(name: string, label: string): Guess | undefined {
  // Several things at once, which needs a composite rule.
  if (/[&/+]/.test(name)) return undefined;
  const texts = [name, label.toLowerCase()];
  return NAMES.find(([pattern]) => texts.some((text) => pattern.test(text)))?.[1];
}

const POLICY: TextPolicy = { entities: 'decode-once', charset: 'as-declared' };
const CANDIDATES = { size: ['MiB', 'GiB'], speed: ['Mbps', 'MB/s'] } as const;

/** The unit under which values and labels agree (`4096|4 GB`); none when texts say it themselves or nothing does. */
export function suggestUnit(guess: Guess, texts: string[]): Suggestion {
  const kind = guess.field === 'ignore' ? undefined : FIELD_KINDS[guess.field];
  if (kind?.kind !== 'number' || kind.dimension === 'count') return { ...guess, why: 'by its name' };
  const piped = texts.map((text) => splitPipe(text, POLICY));
  const bare = piped.filter(({ raw }) => raw !== '' && parseQuantity(raw)?.unit === undefined);
  if (texts.length > 0 && bare.length === 0)
    return { ...guess, why: 'by its name; the values state their unit' };
  const scores = CANDIDATES[kind.dimension].map((unit) => ({
    unit,
    agreeing: bare.filter(({ raw, label }) => agrees(raw, unit, label ?? '')),
  }));
  const best = scores.toSorted((a, b) => b.agreeing.length - a.agreeing.length)[0];
  const [example] = best?.agreeing ?? [];
  if (!best || !example) return { ...guess, why: 'by its name; nothing states the unit' };
  return {
    ...guess,
    unit: best.unit,
    why: `by its name, and "${example.raw}" is shown as "${example.label}"`,
  };
}

function agrees(raw: string, unit: string, label: string): boolean {
  const [value, shown] = [parseQuantity(raw), parseQuantity(label)];
  if (!value || value.value === 0 || shown?.unit === undefined) return false;
  if (dimensionOf(shown.unit) !== dimensionOf(unit)) return false;
  const factors = { perTarget: 1, perTb: 1024 };
  const converted = convertQuantity({ value: value.value, unit }, factors);
  return (
    converted !== undefined &&
    converted === convertQuantity({ value: shown.value, unit: shown.unit }, factors)
  );
}
