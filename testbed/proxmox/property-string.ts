import { checkValue } from './parameters.ts';
import type { Parameter, Parameters } from './parameters.ts';

const UNKNOWN = 'property is not defined in schema and the schema does not allow additional properties';

interface PropertyStringOptions {
  /** The property that may stand without its name. */
  defaultKey?: string;
  /** Names that mean one property and give another: `virtio=MAC` is a model and an address. */
  aliases?: (key: string) => [string, string] | undefined;
  /** Properties that are of use only with another one. */
  requires?: Record<string, string>;
}

/** Checks values such as `ip=10.0.0.5/24,gw=10.0.0.1`; texts as seen on pve-manager 9.2. */
export function propertyString(
  schema: Parameters,
  { defaultKey, aliases, requires = {} }: PropertyStringOptions = {},
): NonNullable<Parameter['format']> {
  return (text, name) => {
    const given = new Map<string, string>();
    for (const part of text.split(',')) {
      const [key = '', value] = part.split(/=(.*)/s);
      const pairs = pairsOf(key, value);
      for (const [property, content] of pairs) {
        if (given.has(property)) return `duplicate key in comma-separated list property: ${property}`;
        given.set(property, content);
      }
    }
    const errors: string[] = [];
    for (const [property, value] of given) {
      const parameter = schema[property];
      const checked = parameter ? checkValue(property, parameter, value) : { error: UNKNOWN };
      if ('error' in checked) errors.push(`${name}.${property}: ${checked.error}`);
    }
    for (const [property, parameter] of Object.entries(schema)) {
      if (!parameter.optional && !given.has(property)) {
        errors.push(`${name}.${property}: property is missing and it is not optional`);
      }
    }
    for (const [property, needed] of Object.entries(requires)) {
      if (given.has(property) && !given.has(needed)) {
        errors.push(`${name}.${needed}: missing property required by '${name}.${property}'`);
      }
    }
    return errors.length > 0 ? `format error\n${errors.join('\n')}` : undefined;
  };

  function pairsOf(key: string, value: string | undefined): [string, string][] {
    if (value === undefined) return [[defaultKey ?? key, key]];
    const alias = aliases?.(key);
    if (!alias) return [[key, value]];
    const [property, valueProperty] = alias;
    return [
      [property, key],
      [valueProperty, value],
    ];
  }
}
