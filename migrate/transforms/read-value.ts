import { FIELD_KINDS, type FieldName } from '../mapping-schema.ts';
import type { Mapping, MappingRule } from '../mapping.ts';
import { parseHostname, parseMac, parseVmid } from './facts.ts';
import { finding, type Finding } from './outcome.ts';
import { convertQuantity, dimensionOf, parseQuantity } from './quantity.ts';
import { foldText, splitPipe, type PipedText } from './text.ts';

/** Infinity stands for unlimited. */
export type FieldValue = number | string | boolean | null;
export const UNLIMITED = Number.POSITIVE_INFINITY;

/** What a text says about a field. `value` undefined: nothing, as if it had not been there. */
export interface Reading {
  value?: FieldValue;
  warnings: Finding[];
  problem?: Finding;
}

/** The part of a rule that says how to read a text. */
export type ReadingRule = Pick<MappingRule, 'zero' | 'unlimited'> & { unit?: MappingRule['unit'] };

/** Reads the value of an option or field, which may be `raw|Label`, by a rule of the mapping. Never throws. */
export function readValue(text: string, field: FieldName, rule: ReadingRule, mapping: Mapping): Reading {
  const piped = splitPipe(text, mapping.source);
  const warnings = piped.hasSeveralPipes
    ? [finding('multi_pipe', `"${text}" has several pipes; the first parts value and label`)]
    : [];
  const isRequired = mapping.fields[field]?.required ?? false;
  if (piped.label !== undefined && piped.raw === '') {
    const empty = finding('empty_raw', `"${text}" has no value before the pipe`);
    if (isRequired) return { warnings, problem: empty };
    warnings.push(empty);
  }
  const reading = readOfKind(piped, field, rule, mapping);
  return { ...reading, warnings: [...warnings, ...reading.warnings] };
}

function readOfKind(piped: PipedText, field: FieldName, rule: ReadingRule, mapping: Mapping): Reading {
  const text = piped.raw || (piped.label ?? '');
  switch (FIELD_KINDS[field].kind) {
    case 'number':
      return readPipedNumber(piped, field, rule, mapping);
    case 'flag':
      return readFlag(text);
    case 'name':
      // The kinds say which fields are names: os and location.
      return readName(piped, field as 'os' | 'location', mapping);
    case 'hostname': {
      const value = parseHostname(text);
      if (value !== undefined) return { value, warnings: [] };
      return { warnings: text === '' ? [] : [finding('bad_hostname', `"${text}" is no host name`)] };
    }
    case 'mac': {
      const value = parseMac(text);
      if (value !== undefined) return { value, warnings: [] };
      return { warnings: text === '' ? [] : [finding('bad_mac', `"${text}" is no MAC address`)] };
    }
    case 'vmid': {
      const value = parseVmid(text);
      if (value !== undefined) return { value, warnings: [] };
      if (text === '') return { warnings: [] };
      return { warnings: [], problem: finding('vmid_invalid', `"${text}" is no VMID: a number from 100 on`) };
    }
  }
}

function readPipedNumber(piped: PipedText, field: FieldName, rule: ReadingRule, mapping: Mapping): Reading {
  const { raw, label } = piped;
  const reading = readNumber(raw || (label ?? ''), field, rule, mapping);
  if (reading.value === undefined || raw === '' || label === undefined || !/\d/.test(label)) return reading;
  // The label is for people; it counts only as a check, and only when it says its unit.
  const quantity = parseQuantity(label);
  if (!quantity || (quantity.unit === undefined && needsUnit(field))) return reading;
  const shown = readNumber(label, field, { ...rule, zero: 'value' }, mapping);
  if (shown.problem || shown.value === reading.value) return reading;
  const message = `value "${raw}" and label "${label}" disagree; the value is what the VM was made with`;
  return { ...reading, warnings: [...reading.warnings, finding('raw_label_disagree', message)] };
}

function needsUnit(field: FieldName): boolean {
  const kind = FIELD_KINDS[field];
  return kind.kind === 'number' && kind.dimension !== 'count';
}

function readNumber(text: string, field: FieldName, rule: ReadingRule, mapping: Mapping): Reading {
  const kind = FIELD_KINDS[field];
  if (kind.kind !== 'number') return { warnings: [] };
  if (text === '') return { warnings: [] };
  if (rule.unlimited.includes(foldText(text))) return unlimited(text, field);
  const quantity = parseQuantity(text);
  if (!quantity)
    return { warnings: [], problem: finding('bad_number', `"${text}" is no number for ${field}`) };
  const dimension = quantity.unit === undefined ? undefined : dimensionOf(quantity.unit);
  if (dimension !== undefined && dimension !== kind.dimension) {
    return { warnings: [], problem: finding('unit_mismatch', `"${text}" does not measure ${field}`) };
  }
  if (quantity.value === 0 && rule.zero === 'unset') return { warnings: [] };
  if (quantity.value === 0 && rule.zero === 'unlimited') return unlimited(text, field);
  const unit = quantity.unit ?? (kind.dimension === 'count' ? 'vcpu' : rule.unit);
  if (unit === undefined) {
    const message = `"${text}" has no unit and neither has the rule: add unit to it`;
    return { warnings: [], problem: finding('unit_undeclared', message) };
  }
  return toField(text, { value: quantity.value, unit }, field, mapping);
}

function toField(
  text: string,
  quantity: { value: number; unit: string },
  field: FieldName,
  mapping: Mapping,
): Reading {
  const kind = FIELD_KINDS[field];
  if (kind.kind !== 'number') return { warnings: [] };
  const perTb = mapping.fields[field]?.perTb ?? 1024;
  const value = convertQuantity(quantity, { perTarget: kind.perTarget, perTb });
  if (value === undefined) {
    return { warnings: [], problem: finding('bad_number', `"${text}" is no whole number for ${field}`) };
  }
  return { value, warnings: [] };
}

/** So many of a rule's steps, in the unit of the field. */
export function readSteps(count: number, field: FieldName, rule: MappingRule, mapping: Mapping): Reading {
  const kind = FIELD_KINDS[field];
  if (kind.kind === 'flag') return { value: count > 0, warnings: [] };
  if (kind.kind !== 'number') {
    return { warnings: [], problem: finding('bad_number', `a quantity says nothing about ${field}`) };
  }
  if (count === 0 && rule.zero === 'unset') return { warnings: [] };
  if (count === 0 && rule.zero === 'unlimited') return unlimited('0', field);
  const value = count * (rule.step ?? 1);
  const unit = kind.dimension === 'count' ? 'vcpu' : rule.unit;
  if (unit === undefined) {
    return {
      warnings: [],
      problem: finding('unit_undeclared', `the rule for a quantity of ${field} needs unit`),
    };
  }
  return toField(`${count} × ${rule.step ?? 1}`, { value, unit }, field, mapping);
}

function unlimited(text: string, field: FieldName): Reading {
  const kind = FIELD_KINDS[field];
  if (kind.kind === 'number' && 'canBeUnlimited' in kind) return { value: UNLIMITED, warnings: [] };
  return { warnings: [], problem: finding('bad_number', `${field} cannot be unlimited: "${text}"`) };
}

const YES = new Set(['yes', 'on', '1', 'true', 'enabled']);
const NO = new Set(['no', 'off', '0', 'false', 'disabled', 'none', '']);

function readFlag(text: string): Reading {
  const folded = foldText(text);
  if (YES.has(folded)) return { value: true, warnings: [] };
  if (NO.has(folded)) return { value: false, warnings: [] };
  return { warnings: [], problem: finding('bad_flag', `"${text}" is neither yes nor no`) };
}

function readName(piped: PipedText, field: 'os' | 'location', mapping: Mapping): Reading {
  const { values, missing } = mapping[field];
  const texts = [piped.raw, piped.label ?? ''].map(foldText).filter((text) => text !== '');
  if (texts.length === 0) return { warnings: [] };
  const known = texts.find((text) => Object.hasOwn(values, text));
  if (known !== undefined) return { value: values[known] ?? null, warnings: [] };
  const message = `"${texts.join('" or "')}" is not in the map of ${field}: add it`;
  const unmapped = finding(`${field}_unmapped`, message);
  return missing === 'warn' ? { value: null, warnings: [unmapped] } : { warnings: [], problem: unmapped };
}

/** For people. */
export function describeValue(value: FieldValue): string {
  return value === UNLIMITED ? 'unlimited' : String(value);
}
