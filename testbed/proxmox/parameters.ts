import { badParameters } from './api-error.ts';
import { listOf, PROPERTY_CHECKS, PROPERTY_FORMATS, TEXT_FORMATS } from './parameter-formats.ts';
import type { Release } from './privileges.ts';

/** What one parameter of an endpoint may be, in the words of the Proxmox VE API schema. */
export interface Parameter {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'array';
  optional?: boolean;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  enum?: readonly string[];
  /** A regular expression for the whole value. */
  pattern?: string;
  /** The name of a format, or the properties of a text such as `virtio,bridge=vmbr0`. */
  format?: string | Parameters;
  /** Of use only with this other parameter. */
  requires?: string;
  items?: Parameter;
  /** In a property string: may stand without its name. */
  default_key?: boolean;
  /** In a property string: another name of that property … */
  alias?: string;
  /** … which gives this property a value as well: `virtio=MAC` is a model and an address. */
  keyAlias?: string;
}

export type Parameters = Record<string, Parameter>;
/** Values as they come: form texts, JSON values, lists of either. */
export type RawValue = string | number | boolean | null | object;
/** Checked values: booleans are 0 or 1, the entries of a list are joined by NUL. */
export type Values = Record<string, string | number>;
export type Errors = Record<string, string>;

const UNKNOWN = 'property is not defined in schema and the schema does not allow additional properties';

/** The highest index of parameters that come in numbers, such as `net0`. */
const HIGHEST: Record<string, number> = {
  hostpci: 15,
  ide: 3,
  ipconfig: 31,
  link: 7,
  net: 31,
  numa: 7,
  parallel: 2,
  sata: 5,
  scsi: 30,
  serial: 3,
  unused: 255,
  usb: 13,
  virtio: 15,
  virtiofs: 9,
};

/** Checks raw parameters (form texts or JSON values) against a schema; throws the 400 of Proxmox. */
export function checkParameters(schema: Parameters, raw: Record<string, RawValue>, release: Release): Values {
  const errors: Errors = {};
  const values = checkProperties(schema, raw, { errors, release });
  if (Object.keys(errors).length > 0) throw badParameters(errors);
  return values;
}

/** Answers what parameter a schema has under a name; `net3` stands there as `net[n]`. */
export function findParameter(schema: Parameters, name: string): Parameter | undefined {
  if (Object.hasOwn(schema, name)) return name.includes('[') ? undefined : schema[name];
  const [, stem = '', index] = /^([a-z]+)(0|[1-9]\d*)$/.exec(name) ?? [];
  return Number(index) <= (HIGHEST[stem] ?? -1) ? schema[`${stem}[n]`] : undefined;
}

/** What is wrong goes into `errors`; `path` stands before each name, as in `net0.tag`. */
export function checkProperties(
  schema: Parameters,
  raw: Record<string, RawValue>,
  { errors, release, path = '' }: { errors: Errors; release: Release; path?: string },
): Values {
  const values: Values = {};
  const given = Object.entries(raw).filter(([, value]) => value !== null);
  const names = new Set(given.map(([name]) => name));
  for (const [name, value] of given) {
    const parameter = findParameter(schema, name);
    const checked = parameter
      ? checkValue(path + name, parameter, value as Exclude<RawValue, null>, release)
      : { error: UNKNOWN };
    if ('error' in checked) errors[path + name] = checked.error;
    else values[name] = checked.value;
    const needed = parameter?.requires;
    if (needed !== undefined && !names.has(needed)) {
      errors[path + needed] = `missing property required by '${path}${name}'`;
    }
  }
  for (const [name, { optional, alias }] of Object.entries(schema)) {
    if (optional || alias !== undefined || names.has(name)) continue;
    errors[path + name] = 'property is missing and it is not optional';
  }
  return values;
}

type Checked = { value: string | number } | { error: string };

function checkValue(
  name: string,
  parameter: Parameter,
  value: Exclude<RawValue, null>,
  release: Release,
): Checked {
  const { type = 'string', items } = parameter;
  if (type === 'array') {
    const entries: RawValue[] = Array.isArray(value) ? value : [value];
    for (const entry of entries) {
      const checked = entry === null ? undefined : checkValue(name, items ?? {}, entry, release);
      if (checked && 'error' in checked) return checked;
    }
    return { value: entries.map(String).join('\0') };
  }
  if (typeof value === 'boolean' && type === 'boolean') return { value: Number(value) };
  if (typeof value === 'boolean' || typeof value === 'object') {
    const kind = typeof value === 'boolean' ? 'JSON::PP::Boolean' : Array.isArray(value) ? 'ARRAY' : 'HASH';
    return { error: `type check ('${type}') failed - got ${kind}` };
  }
  const text = String(value);
  if (!TYPES[type].test(text)) return { error: `type check ('${type}') failed - got '${text}'` };
  const error = findFault(name, parameter, text, release);
  if (error !== undefined) return { error };
  return { value: type === 'string' ? text : Number(text) };
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const TYPES = { string: /^/, boolean: /^[01]$/, integer: /^[+-]?\d+$/, number: NUMBER };

/** The checks in Proxmox's order; the first that fails is told. */
function findFault(
  name: string,
  { format, pattern, minLength, maxLength, minimum, maximum, enum: list }: Parameter,
  text: string,
  release: Release,
): string | undefined {
  const detail = format === undefined ? undefined : checkFormat(format, text, name, release);
  if (detail !== undefined) return `invalid format - ${detail}\n`;
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(text)) {
    return 'value does not match the regex pattern';
  }
  if (maxLength !== undefined && text.length > maxLength) {
    return `value may only be ${maxLength} characters long`;
  }
  if (minLength !== undefined && text.length < minLength) {
    return `value must be at least ${minLength} characters long`;
  }
  const isNumber = NUMBER.test(text);
  if (isNumber && maximum !== undefined && Number(text) > maximum) {
    return `value must have a maximum value of ${maximum}`;
  }
  if (isNumber && minimum !== undefined && Number(text) < minimum) {
    return `value must have a minimum value of ${minimum}`;
  }
  if (list && !list.includes(text)) {
    return `value '${text}' does not have a value in the enumeration '${list.join(', ')}'`;
  }
  return undefined;
}

/** Named formats may be of one value, of a list (`-list`) or of a value that may be empty (`-opt`). */
function checkFormat(
  format: string | Parameters,
  text: string,
  path: string,
  release: Release,
): string | undefined {
  if (typeof format !== 'string') return checkPropertyString(format, text, path, release).fault;
  const properties = PROPERTY_FORMATS[format];
  if (properties) {
    const { fault, values } = checkPropertyString(properties, text, path, release);
    return fault ?? PROPERTY_CHECKS[format]?.(values);
  }
  const name = format.replace(/-(?:list|opt)$/, '');
  const check = TEXT_FORMATS[name];
  if (format.endsWith('-list')) {
    return listOf(text)
      .map((entry) => check?.(entry, release))
      .find((fault) => fault !== undefined);
  }
  return format.endsWith('-opt') && text === '' ? undefined : check?.(text, release);
}

const TRUE = /^(?:1|on|yes|true)$/i;
const FALSE = /^(?:0|off|no|false)$/i;

/** Checks texts such as `ip=10.0.0.5/24,gw=10.0.0.1`; the texts are pve-common's. */
function checkPropertyString(
  schema: Parameters,
  text: string,
  path: string,
  release: Release,
): { fault: string | undefined; values: Values } {
  const given: Record<string, string> = {};
  const fail = (fault: string): { fault: string; values: Values } => ({ fault, values: {} });
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const [, key, content] = /^([^=]+)=(.+)$/s.exec(part) ?? [];
    if (key === undefined && part.includes('=')) {
      return fail('missing key in comma-separated list property');
    }
    const added = key === undefined ? bare(schema, part) : named(schema, key, content ?? '');
    if (added.length === 0) return fail('value without key, but schema does not define a default key');
    for (const [property, value] of added) {
      if (Object.hasOwn(given, property)) {
        return fail(`duplicate key in comma-separated list property: ${property}`);
      }
      const isFlag = schema[property]?.type === 'boolean';
      given[property] = isFlag && TRUE.test(value) ? '1' : isFlag && FALSE.test(value) ? '0' : value;
    }
  }
  const errors: Errors = {};
  const values = checkProperties(schema, given, { errors, release, path: `${path}.` });
  const lines = Object.entries(errors).map(([name, error]) => `${name}: ${error}`);
  return { fault: lines.length > 0 ? `format error\n${lines.join('\n')}` : undefined, values };
}

/** A value that stands alone belongs to the one property that may be left unnamed. */
function bare(schema: Parameters, value: string): [string, string][] {
  const [key] = Object.entries(schema).find(([, { default_key: isDefault }]) => isDefault) ?? [];
  return key === undefined ? [] : [[key, value]];
}

function named(schema: Parameters, key: string, value: string): [string, string][] {
  const { alias, keyAlias } = (Object.hasOwn(schema, key) ? schema[key] : undefined) ?? {};
  if (alias === undefined) return [[key, value]];
  return keyAlias === undefined
    ? [[alias, value]]
    : [
        [keyAlias, key],
        [alias, value],
      ];
}
