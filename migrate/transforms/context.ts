import type { Catalogue } from '../legacy/read-catalogue.ts';
import type { Mapping, MappingRule, RuleKind } from '../mapping.ts';
import type { FieldName } from '../mapping-schema.ts';
import { readValue, type Reading } from './read-value.ts';
import { normaliseName } from './text.ts';

/** All a transform may know beside its row. */
export interface TransformContext {
  mapping: Mapping;
  catalogue: Catalogue;
  /** Whether outcomes say how they came about. */
  traces: boolean;
  /** The rule for a name as the source spells it; one for the product beats one for all. */
  findRule(kind: RuleKind, name: string, product: number): MappingRule | undefined;
  /** What a text says about a field by one of the mapping's rules. */
  read(text: string, field: FieldName, rule: MappingRule): Reading;
}

export function createContext(
  mapping: Mapping,
  catalogue: Catalogue,
  { traces = true } = {},
): TransformContext {
  const rules = new Map<string, MappingRule>();
  for (const rule of mapping.rules) {
    for (const kind of ['option', 'customField', 'addon'] as const) {
      for (const name of rule[kind] ?? []) {
        for (const product of rule.products ?? ['*']) rules.set(`${kind} ${product} ${name}`, rule);
      }
    }
  }
  const names = new Map<string, string>();
  function normalised(name: string): string {
    const known = names.get(name);
    if (known !== undefined) return known;
    const fresh = normaliseName(name, mapping.source);
    // The same few names come with every service.
    if (names.size < 10_000) names.set(name, fresh);
    return fresh;
  }
  const readings = new Map<MappingRule, Map<string, Reading>>(mapping.rules.map((rule) => [rule, new Map()]));
  return {
    mapping,
    catalogue,
    traces,
    read: (text, field, rule) => {
      const known = readings.get(rule);
      const former = known?.get(text);
      if (former) return former;
      const fresh = readValue(text, field, rule, mapping);
      // The same few values come with every service, but for host names and the like.
      if (known && known.size < 10_000) known.set(text, fresh);
      return fresh;
    },
    findRule: (kind, name, product) => {
      const key = normalised(name);
      return rules.get(`${kind} ${product} ${key}`) ?? rules.get(`${kind} * ${key}`);
    },
  };
}
