import type { LegacyProduct } from '../legacy/rows.ts';
import { FIELD_NAMES, type FieldName, type ProductSettings } from '../mapping-schema.ts';
import type { Candidate } from './collect-values.ts';
import type { TransformContext } from './context.ts';
import { finding, type Notes } from './outcome.ts';
import { readValue } from './read-value.ts';

/** What the product comes with before anything is chosen: fixed values, its module's settings, a plan. */
export function productBase(
  product: LegacyProduct,
  settings: ProductSettings,
  context: TransformContext,
  notes: Notes,
): Candidate[] {
  const of = (field: FieldName, value: Candidate['value'], from: string): Candidate => ({
    field,
    op: 'set',
    value,
    level: 'product',
    from,
  });
  const fixed = FIELD_NAMES.flatMap((field) => {
    const value = settings.base[field];
    return value === undefined ? [] : [of(field, value, `mapping, product ${product.id}`)];
  });
  const read = FIELD_NAMES.flatMap((field) => {
    const setting = settings.baseFrom[field];
    if (!setting) return [];
    const text = product[`configoption${setting.configoption}`] ?? '';
    const from = `tblproducts ${product.id}.configoption${setting.configoption}`;
    const rule = { zero: 'unset', unlimited: [], unit: setting.unit } as const;
    const reading = readValue(text, field, { ...rule, unlimited: [] }, context.mapping);
    if (reading.problem) notes.problems.push(reading.problem);
    return reading.value === undefined ? [] : [of(field, reading.value, from)];
  });
  return [...fixed, ...read, ...planBase(product, settings, context, notes, of)];
}

function planBase(
  product: LegacyProduct,
  { plan: wanted }: ProductSettings,
  { catalogue }: TransformContext,
  notes: Notes,
  of: (field: FieldName, value: number, from: string) => Candidate,
): Candidate[] {
  if (!wanted) return [];
  const id = Number(product[`configoption${wanted.configoption}`] || Number.NaN);
  const plan = catalogue.plans.get(wanted.module)?.get(id);
  if (!plan) {
    const message = `product ${product.id} names a plan of ${wanted.module} that does not exist`;
    notes.problems.push(finding('orphan_plan', message));
    return [];
  }
  const from = `plan ${plan.id} of ${wanted.module}`;
  const { cpus, cores, memory, disk } = plan;
  return [
    ...(cpus && cores ? [of('vcpu', cpus * cores, from)] : []),
    ...(memory ? [of('memoryMib', memory, from)] : []),
    ...(disk ? [of('diskGib', disk, from)] : []),
  ];
}
