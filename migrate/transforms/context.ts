import type { Catalogue } from '../legacy/read-catalogue.ts';
import type { Mapping, MappingRule, RuleKind } from '../mapping.ts';
import { normaliseName } from './text.ts';

/** All a transform may know beside its row. */
export interface TransformContext {
  mapping: Mapping;
  catalogue: Catalogue;
  /** The rule for a name as the source spells it; one for the product beats one for all. */
  findRule(kind: RuleKind, name: string, product: number): MappingRule | undefined;
}

export function createContext(mapping: Mapping, catalogue: Catalogue): TransformContext {
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
  return {
    mapping,
    catalogue,
    findRule: (kind, name, product) => {
      const key = normalised(name);
      return rules.get(`${kind} ${product} ${key}`) ?? rules.get(`${kind} * ${key}`);
    },
  };
}
