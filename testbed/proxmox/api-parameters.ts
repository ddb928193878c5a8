import schema from './api-parameters.json' with { type: 'json' };
import type { Parameter, Parameters } from './parameters.ts';
import type { Release } from './privileges.ts';
import { isNewerParameter } from './release-differences.ts';

/** As in the file: the words of a long enumeration stand in one text. */
interface Written extends Omit<Parameter, 'enum' | 'format' | 'type' | 'items'> {
  type?: string;
  enum?: string | string[];
  format?: string | Record<string, Written>;
  items?: Written;
}

/** Parameters of all calls; a text names one of those that several calls share. */
const { shared, calls } = schema as {
  shared: Record<string, Written>;
  calls: Record<string, Record<string, string | Written>>;
};

const TABLES = new Map<string, Parameters>();

/** Answers what a call such as `GET /nodes/{node}/qemu` takes; a call the schema does not know takes nothing. */
export function parametersOf(call: string, release: Release): Parameters {
  const key = `${release} ${call}`;
  const known = TABLES.get(key);
  if (known) return known;
  const table: Parameters = {};
  for (const [name, entry] of Object.entries(calls[call] ?? {})) {
    const written = typeof entry === 'string' ? shared[entry] : entry;
    if (written && !(release === '8.4' && isNewerParameter(call, name))) table[name] = read(written);
  }
  TABLES.set(key, table);
  return table;
}

function read({ enum: list, format, ...rest }: Written): Parameter {
  const parameter = rest as Parameter;
  if (list !== undefined) parameter.enum = typeof list === 'string' ? list.split(' ') : list;
  if (typeof format === 'string') parameter.format = format;
  else if (format) {
    parameter.format = Object.fromEntries(
      Object.entries(format).map(([name, written]) => [name, read(written)]),
    );
  }
  return parameter;
}
