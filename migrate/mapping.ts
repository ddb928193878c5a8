import { createHash } from 'node:crypto';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';
import {
  FIELD_KINDS,
  MappingFile,
  Product,
  Rule,
  type FieldName,
  type RuleSettings,
} from './mapping-schema.ts';
import { closest } from './closest.ts';
import { dimensionOf } from './transforms/quantity.ts';
import { foldText, normaliseName } from './transforms/text.ts';

/** A rule, its names normalised, with the line it stands on. */
export type MappingRule = RuleSettings & { line: number };
export type Mapping = Omit<MappingFile, 'rules'> & { rules: MappingRule[] };
export type RuleKind = 'option' | 'customField' | 'addon';

export interface MappingProblem {
  line: number;
  column: number;
  /** Says what is wrong and what to write instead. */
  message: string;
}

/** The file cannot be used; each problem with its place. */
export class MappingError extends Error {
  override name = 'MappingError';
  problems: MappingProblem[];
  constructor(file: string, problems: MappingProblem[]) {
    super(problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'));
    this.problems = problems;
  }
}

type Path = (string | number)[];

/** Reads a mapping file. Throws MappingError naming every problem at once, each with line and column. */
export function parseMapping(text: string, file = 'mapping'): Mapping {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => ({
      ...placeOf(pos[0]),
      message: `not YAML: ${message}`,
    }));
    throw new MappingError(file, problems);
  }
  const at = (path: Path, key?: string) => placeOf(offsetOf(document, path, key));
  const content: unknown = document.toJS();
  if (content === null) {
    const message = 'the file: is empty; inspect --write-mapping FILE drafts one';
    throw new MappingError(file, [{ line: 1, column: 1, message }]);
  }
  const parsed = MappingFile.safeParse(content);
  if (!parsed.success) {
    throw new MappingError(
      file,
      parsed.error.issues.flatMap((issue) => describeIssue(issue, at)),
    );
  }
  const mapping = normalise(parsed.data, (n) => at(['rules', n]).line);
  const problems = checkRules(mapping).map(({ path, message }) => ({ ...at(path), message }));
  if (problems.length > 0) throw new MappingError(file, problems);
  return mapping;
}

/** Equal for files that say the same, whatever their comments and order of keys. */
export function mappingHash({ rules, ...rest }: Mapping): string {
  const content = { ...rest, rules: rules.map((rule) => ({ ...rule, line: undefined })) };
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}

/** The offset of a value, or of a key in it; of the nearest thing above it when it is not there. */
function offsetOf(document: Document, path: Path, key?: string): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of key === undefined ? path : [...path, key]) {
    const isLast = step === key;
    const inner = lookUp(node, step);
    const found = isLast ? inner.key : inner.value;
    offset = rangeOf(found)?.[0] ?? rangeOf(inner.key)?.[0] ?? rangeOf(node)?.[0] ?? offset;
    node = inner.value;
  }
  return offset;
}

/** Keys of YAML may be numbers, paths hold text. */
function lookUp(node: unknown, step: string | number): { key?: unknown; value?: unknown } {
  if (isSeq(node)) return { value: node.items[Number(step)] };
  if (!isMap(node)) return {};
  return node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step)) ?? {};
}

function rangeOf(node: unknown): [number, number, number] | undefined {
  return isNode(node) ? (node.range ?? undefined) : undefined;
}

function describeIssue(
  issue: z.core.$ZodIssue,
  at: (path: Path, key?: string) => { line: number; column: number },
): MappingProblem[] {
  // Paths of a YAML file hold no symbols.
  const path = issue.path as Path;
  const where = path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = closest(key, knownKeys());
      const hint = known ? `did you mean ${known}?` : 'remove it';
      return { ...at(path, key), message: `unknown key ${where ? `${where}.` : ''}${key}: ${hint}` };
    });
  }
  if (issue.code === 'invalid_key') {
    return [{ ...at(path.slice(0, -1), String(path.at(-1))), message: `${where}: ${keyHint(path)}` }];
  }
  return [{ ...at(path), message: `${where || 'the file'}: ${issue.message}` }];
}

function keyHint(path: Path): string {
  const name = String(path.at(-1));
  const section = path[0];
  if (section === 'servers' || section === 'products')
    return `expected the id of the row in WHMCS, not "${name}"`;
  const known = closest(name, Object.keys(FIELD_KINDS));
  return `no such field; ${known ? `did you mean ${known}?` : `there are ${Object.keys(FIELD_KINDS).join(', ')}`}`;
}

function knownKeys(): string[] {
  const settings =
    'id timezone charset entities cluster values missing min max required default perTb order usernamePattern notesPattern configoption module';
  return [
    ...Object.keys(MappingFile.shape),
    ...Object.keys(FIELD_KINDS),
    ...Object.keys(Rule.shape),
    ...Object.keys(Product.shape),
    ...settings.split(' '),
  ];
}

function normalise(file: MappingFile, lineOf: (rule: number) => number): Mapping {
  const names = (list: string[]) => list.map((name) => normaliseName(name, file.source));
  const rules = file.rules.map((rule, n) => ({
    ...rule,
    ...(rule.option ? { option: names(rule.option) } : {}),
    ...(rule.customField ? { customField: names(rule.customField) } : {}),
    ...(rule.addon ? { addon: names(rule.addon) } : {}),
    unlimited: rule.unlimited.map(foldText),
    line: lineOf(n),
  }));
  const fold = <T>(map: Record<string, T>) =>
    Object.fromEntries(Object.entries(map).map(([key, value]) => [foldText(key), value]));
  return {
    ...file,
    rules,
    os: { ...file.os, values: fold(file.os.values) },
    location: { ...file.location, values: fold(file.location.values) },
    cycles: fold(file.cycles),
    statuses: fold(file.statuses),
  };
}

/** What the shape alone cannot say: one subject and one target per rule, fitting units, no two rules for one name. */
function checkRules(mapping: Mapping): { path: Path; message: string }[] {
  const seen = new Map<string, number>();
  return mapping.rules.flatMap((rule, n) => {
    const messages = [...checkShape(rule), ...checkUnits(rule)];
    for (const key of keysOf(rule)) {
      const former = seen.get(key.id);
      if (former !== undefined) {
        messages.push(
          `${key.text} already has a rule at line ${former}: keep one, or give one of them products`,
        );
      } else seen.set(key.id, rule.line);
    }
    for (const product of rule.products ?? []) {
      if (!mapping.products[String(product)]) {
        messages.push(`product ${product} is not under products: add it there or remove it here`);
      }
    }
    return messages.map((message) => ({ path: ['rules', n], message: `rule: ${message}` }));
  });
}

function keysOf(rule: MappingRule): { id: string; text: string }[] {
  return (['option', 'customField', 'addon'] as const).flatMap((kind) =>
    (rule[kind] ?? []).flatMap((name) =>
      (rule.products ?? ['*']).map((product) => ({
        id: `${kind} ${product} ${name}`,
        text: `${kind} "${name}"${product === '*' ? '' : ` of product ${product}`}`,
      })),
    ),
  );
}

function checkShape(rule: MappingRule): string[] {
  const subjects = [rule.option, rule.customField, rule.addon].filter(Boolean).length;
  const targets = [rule.field, rule.composite, rule.ignore].filter(Boolean).length;
  const messages: string[] = [];
  if (subjects !== 1) messages.push('needs exactly one of option, customField and addon');
  if (targets !== 1) messages.push('needs exactly one of field, composite and ignore');
  if (rule.op === 'add' && rule.field && FIELD_KINDS[rule.field].kind !== 'number') {
    messages.push(`op: add needs a field that is a number, which ${rule.field} is not`);
  }
  if (rule.addon && rule.field && rule.step === undefined && rule.value === undefined) {
    messages.push('an addon needs step (what it adds) or value (what it sets)');
  }
  return messages;
}

function checkUnits(rule: MappingRule): string[] {
  const parts = rule.composite ?? (rule.field ? [{ field: rule.field, unit: rule.unit }] : []);
  return parts.flatMap(({ field, unit }) => {
    const kind = FIELD_KINDS[field];
    if (unit === undefined) return [];
    if (kind.kind !== 'number') return [`${field} has no unit: remove unit`];
    if (dimensionOf(unit) === kind.dimension) return [];
    return [`${unit} does not measure ${field}: ${fittingUnits(field)}`];
  });
}

function fittingUnits(field: FieldName): string {
  const kind = FIELD_KINDS[field];
  if (kind.kind !== 'number' || kind.dimension === 'count') return 'remove unit';
  return kind.dimension === 'size' ? 'use MiB, GiB or TiB' : 'use Mbps, Gbps, MB/s or GB/s';
}
