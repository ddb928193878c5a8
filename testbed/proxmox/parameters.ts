import { badParameters } from './api-error.ts';

/** What one parameter of an endpoint may be, in the words of the Proxmox VE API schema. */
export interface Parameter {
  type: 'string' | 'integer' | 'number' | 'boolean' | 'array';
  optional?: boolean;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  enum?: readonly string[];
  pattern?: RegExp;
  /** Answers what is wrong with the format of a value, or undefined. */
  format?: (value: string, name: string) => string | undefined;
}

export type Parameters = Record<string, Parameter>;
/** Values as they come: form texts, JSON values, lists of either. */
export type RawValue = string | number | boolean | null | object;
/** Checked values: booleans are 0 or 1. */
export type Values = Record<string, string | number>;

const UNKNOWN = 'property is not defined in schema and the schema does not allow additional properties';

/** Checks raw parameters (form texts or JSON values) against a schema; throws the 400 of Proxmox. */
export function checkParameters(schema: Parameters, raw: Record<string, RawValue>): Values {
  const values: Values = {};
  const errors: Record<string, string> = {};
  for (const [key, value] of Object.entries(raw)) {
    if (value === null) continue;
    const parameter = findParameter(schema, key);
    if (!parameter) {
      errors[key] = UNKNOWN;
      continue;
    }
    const checked = checkValue(key, parameter, value);
    if ('error' in checked) errors[key] = checked.error;
    else values[key] = checked.value;
  }
  for (const [key, parameter] of Object.entries(schema)) {
    if (!parameter.optional && values[key] === undefined && errors[key] === undefined) {
      errors[key] = 'property is missing and it is not optional';
    }
  }
  if (Object.keys(errors).length > 0) throw badParameters(errors);
  return values;
}

function findParameter(schema: Parameters, key: string): Parameter | undefined {
  if (Object.hasOwn(schema, key)) return schema[key];
  const numbered = /^([a-z]+)(0|[1-9]\d*)$/.exec(key);
  if (!numbered) return undefined;
  const parameter = schema[`${numbered[1]}[n]`];
  return parameter && Number(numbered[2]) <= (parameter.maximum ?? 0)
    ? { ...parameter, maximum: Number.MAX_SAFE_INTEGER }
    : undefined;
}

type Checked = { value: string | number } | { error: string };

/** Checks one value; answers it converted, or what is wrong with it. */
export function checkValue(name: string, parameter: Parameter, value: RawValue): Checked {
  if (Array.isArray(value)) {
    if (parameter.type === 'array') return { value: value.map(String).join('\0') };
    return { error: `type check ('${parameter.type}') failed - got ARRAY` };
  }
  if (typeof value === 'object') {
    return { error: `type check ('${parameter.type}') failed - got HASH` };
  }
  if (typeof value === 'boolean' && parameter.type === 'boolean') return { value: value ? 1 : 0 };
  const text = typeof value === 'boolean' ? String(Number(value)) : String(value);
  switch (parameter.type) {
    case 'boolean':
      return text === '0' || text === '1'
        ? { value: Number(text) }
        : { error: `type check ('boolean') failed - got '${text}'` };
    case 'integer':
      return /^[+-]?\d+$/.test(text)
        ? checkRange(name, parameter, text)
        : { error: `type check ('integer') failed - got '${text}'` };
    case 'number':
      return /^[+-]?\d+(\.\d+)?$/.test(text)
        ? checkRange(name, parameter, text)
        : { error: `type check ('number') failed - got '${text}'` };
    case 'array':
    case 'string':
      return checkText(name, parameter, text);
  }
}

function checkRange(name: string, parameter: Parameter, text: string): Checked {
  const number = Number(text);
  const detail = parameter.format?.(text, name);
  if (detail !== undefined) return { error: `invalid format - ${detail}\n` };
  if (parameter.minimum !== undefined && number < parameter.minimum) {
    return { error: `value must have a minimum value of ${parameter.minimum}` };
  }
  if (parameter.maximum !== undefined && number > parameter.maximum) {
    return { error: `value must have a maximum value of ${parameter.maximum}` };
  }
  return { value: number };
}

function checkText(name: string, parameter: Parameter, text: string): Checked {
  const detail = parameter.format?.(text, name);
  if (detail !== undefined) return { error: `invalid format - ${detail}\n` };
  if (parameter.minLength !== undefined && text.length < parameter.minLength) {
    return { error: `value must be at least ${parameter.minLength} characters long` };
  }
  if (parameter.maxLength !== undefined && text.length > parameter.maxLength) {
    return { error: `value may only be ${parameter.maxLength} characters long` };
  }
  if (parameter.enum && !parameter.enum.includes(text)) {
    const list = parameter.enum.join(', ');
    return { error: `value '${text}' does not have a value in the enumeration '${list}'` };
  }
  if (parameter.pattern && !parameter.pattern.test(text)) {
    return { error: 'value does not match the regex pattern' };
  }
  return { value: text };
}

/** The parameter of a VM's id. */
export const VMID: Parameter = {
  type: 'integer',
  format: (text) =>
    Number(text) >= 100 && Number(text) <= 999_999_999 ? undefined : 'value does not look like a valid VM ID',
};
const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const DNS_NAME_PATTERN = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`);
export const DNS_NAME: Parameter = {
  type: 'string',
  format: (text) => (DNS_NAME_PATTERN.test(text) ? undefined : 'value does not look like a valid DNS name'),
};
export const NODE: Parameter = { type: 'string' };
export const STRING: Parameter = { type: 'string', optional: true };
export const BOOLEAN: Parameter = { type: 'boolean', optional: true };

/** An optional integer of at least the given value. */
export function integer(minimum: number, maximum?: number): Parameter {
  return { type: 'integer', optional: true, minimum, ...(maximum === undefined ? {} : { maximum }) };
}

/** The same parameter, but one that may be left out. */
export function optional(parameter: Parameter): Parameter {
  return { ...parameter, optional: true };
}
