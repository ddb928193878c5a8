import { z } from 'zod';
import { CYCLES } from './transforms/facts.ts';
import type { Dimension } from './transforms/quantity.ts';

/** What a mapping can fill in, and how a text becomes a value. */
export const FIELD_KINDS = {
  vcpu: { kind: 'number', dimension: 'count', perTarget: 1 },
  memoryMib: { kind: 'number', dimension: 'size', perTarget: 1 },
  diskGib: { kind: 'number', dimension: 'size', perTarget: 1024 },
  trafficGib: { kind: 'number', dimension: 'size', perTarget: 1024, canBeUnlimited: true },
  networkMbps: { kind: 'number', dimension: 'speed', perTarget: 1, canBeUnlimited: true },
  ipv4Count: { kind: 'number', dimension: 'count', perTarget: 1 },
  backups: { kind: 'flag' },
  os: { kind: 'name' },
  location: { kind: 'name' },
  hostname: { kind: 'hostname' },
  vmid: { kind: 'vmid' },
  macAddress: { kind: 'mac' },
} as const satisfies Record<
  string,
  | { kind: 'number'; dimension: Dimension; perTarget: number; canBeUnlimited?: true }
  | { kind: 'flag' | 'name' | 'hostname' | 'vmid' | 'mac' }
>;
export type FieldName = keyof typeof FIELD_KINDS;
// The keys of the constant above.
export const FIELD_NAMES = Object.keys(FIELD_KINDS) as [FieldName, ...FieldName[]];
export const BINDING_WAYS = ['module', 'field', 'username', 'notes', 'serviceId', 'corroboration'] as const;

const FieldNameSchema = z.enum(FIELD_NAMES);
const Unit = z.enum(['MiB', 'GiB', 'TiB', 'Mbps', 'Gbps', 'MB/s', 'GB/s'], {
  error:
    'a unit is one of MiB, GiB, TiB (sizes) and Mbps, Gbps, MB/s, GB/s (speeds); numbers of pieces have none',
});
const Id = z.string().regex(/^\d+$/, { error: 'the number of a row in WHMCS' });
const Names = z
  .union(
    [
      z.union([z.string(), z.number()]).transform((name) => [String(name)]),
      z.array(z.union([z.string(), z.number()]).transform(String)).min(1),
    ],
    { error: 'a name, or a list of names' },
  )
  .pipe(z.array(z.string().min(1, { error: 'a name must not be empty' })));
const Zero = z.enum(['value', 'unlimited', 'unset'], {
  error: 'zero means value (nought), unlimited, or unset (as if nothing had been chosen)',
});
const Reason = z.string().min(1, { error: 'say why it can be left out' });
const Identifier = z.string().regex(/^\w+$/, { error: 'a name of a table or column: letters, digits and _' });

const Part = z.strictObject({ field: FieldNameSchema, unit: Unit.optional() });

export const Rule = z.strictObject({
  option: Names.optional(),
  customField: Names.optional(),
  addon: Names.optional(),
  /** Only for these products; such a rule beats one for all. */
  products: z.array(z.int()).min(1).optional(),
  field: FieldNameSchema.optional(),
  composite: z.array(Part).min(2, { error: 'a composite rule has at least two parts' }).optional(),
  separator: z.string().min(1).default('&'),
  ignore: Reason.optional(),
  unit: Unit.optional(),
  op: z.enum(['set', 'add']).default('set'),
  /** For quantities: what one piece is worth, in `unit`. For addons: what it adds. */
  step: z.number().positive().optional(),
  zero: Zero.default('value'),
  unlimited: z.array(z.string()).default(['unlimited', 'unmetered']),
  /** For addons and flags: what it sets. */
  value: z.boolean().optional(),
  /** The field may belong to no product (relid 0), as some modules make them. */
  global: z.boolean().default(false),
});

const Given = z.union([z.number(), z.string(), z.boolean()], { error: 'a number, a text, true or false' });
const Base = z.partialRecord(FieldNameSchema, Given);
const Setting = z.strictObject({ configoption: z.int().min(1).max(24), unit: Unit.optional() });

export const Product = z.strictObject({
  /** What the product comes with before options. */
  base: Base.default({}),
  /** The same, read from the module's settings of the product. */
  baseFrom: z.partialRecord(FieldNameSchema, Setting).default({}),
  /** A row of the module's table of plans, named by one of the product's settings. */
  plan: z.strictObject({ module: z.string(), configoption: z.int().min(1).max(24) }).optional(),
  binding: z.array(z.enum(BINDING_WAYS)).min(1).optional(),
  module: z.string().optional(),
  ignore: Reason.optional(),
});

const FieldSettings = z.strictObject({
  min: z.number().optional(),
  max: z.number().optional(),
  required: z.boolean().default(false),
  default: Given.optional(),
  /** How many GB a TB is; sellers of disks say 1024, of traffic 1000. */
  perTb: z.number().positive().default(1024),
});

const NameMap = z.strictObject({
  // A section of which every line is a comment is null.
  values: z
    .record(z.string(), z.string().min(1))
    .nullable()
    .default({})
    .transform((values) => values ?? {}),
  missing: z.enum(['warn', 'quarantine']),
});

export const ModuleTable = z.strictObject({
  table: Identifier,
  service: Identifier,
  vmid: Identifier.optional(),
  node: Identifier.optional(),
  kind: Identifier.optional(),
  address: Identifier.optional(),
});
export type ModuleTable = z.infer<typeof ModuleTable>;

const LiveStatus = z.enum(['active', 'suspended', 'completed']);

const Server = z.union([z.strictObject({ cluster: z.string().min(1) }), z.strictObject({ ignore: Reason })], {
  error: 'either { cluster: its name in Berth } or { ignore: why }',
});
const Status = z.union([LiveStatus, z.strictObject({ skip: z.string().regex(/^[a-z_]+$/) })], {
  error: 'either active, suspended, completed or { skip: a_code_of_your_own }',
});

export const MappingFile = z.strictObject({
  source: z.strictObject({
    id: z.string().regex(/^[a-z][\da-z-]*$/, {
      error: 'a short name of the source: a-z, digits and -, such as whmcs-eu',
    }),
    timezone: z.string().refine(isTimeZone, {
      error: 'a time zone such as Europe/Berlin: WHMCS stores local times without saying which',
    }),
    charset: z.enum(['as-declared', 'utf8-in-latin1']).default('as-declared'),
    entities: z.enum(['decode-once', 'keep']).default('decode-once'),
  }),
  servers: z.record(Id, Server).default({}),
  products: z.record(Id, Product),
  fields: z.partialRecord(FieldNameSchema, FieldSettings).default({}),
  rules: z
    .array(Rule)
    .nullable()
    .default([])
    .transform((rules) => rules ?? []),
  os: NameMap.default({ values: {}, missing: 'warn' }),
  location: NameMap.default({ values: {}, missing: 'quarantine' }),
  modules: z.record(z.string(), ModuleTable).default({}),
  binding: z
    .strictObject({
      order: z.array(z.enum(BINDING_WAYS)).min(1).default(['module', 'field']),
      usernamePattern: pattern('^vm(\\d+)$'),
      notesPattern: pattern('vmid\\s*[:=#]?\\s*(\\d+)'),
    })
    .prefault({}),
  /** What becomes of each status: a status of ours, or skipped under that code. */
  statuses: z.record(z.string(), Status).default({
    Active: 'active',
    Suspended: 'suspended',
    Completed: 'completed',
    Pending: { skip: 'pending' },
    Terminated: { skip: 'terminated' },
    Cancelled: { skip: 'cancelled' },
    Fraud: { skip: 'fraud' },
  }),
  /** Other spellings of the eight cycles. */
  cycles: z.record(z.string(), z.enum(CYCLES)).default({}),
});
export type MappingFile = z.infer<typeof MappingFile>;
export type RuleSettings = z.infer<typeof Rule>;
export type ProductSettings = z.infer<typeof Product>;

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

function pattern(fallback: string) {
  const hasGroup = (text: string) => {
    try {
      return (new RegExp(`${text}|`).exec('')?.length ?? 0) === 2;
    } catch {
      return false;
    }
  };
  return z
    .string()
    .refine(hasGroup, { error: 'a regular expression with one group, the VMID, such as ^vm(\\d+)$' })
    .default(fallback);
}
