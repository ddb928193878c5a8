import type { ServiceBundle } from '../legacy/read-services.ts';
import type { LegacyServiceOption } from '../legacy/rows.ts';
import { FIELD_KINDS, type FieldName } from '../mapping-schema.ts';
import type { MappingRule } from '../mapping.ts';
import type { TransformContext } from './context.ts';
import { finding, type Notes } from './outcome.ts';
import { describeValue, readSteps, readValue, type FieldValue, type Reading } from './read-value.ts';
import { cleanText, splitPipe } from './text.ts';

/** In order of precedence: an option beats a field, a field beats what the product comes with. */
export const LEVELS = ['option', 'customField', 'addon', 'product', 'default'] as const;
export type Level = (typeof LEVELS)[number];

/** Something that sets a field or adds to it. */
export interface Candidate {
  field: FieldName;
  op: 'set' | 'add';
  value: FieldValue;
  level: Level;
  /** What it comes from, such as `option 321`. */
  from: string;
}

interface Input {
  level: Level;
  from: string;
  /** As shown to people. */
  text: string;
  rule: MappingRule;
}

/** Everything the service's options, fields and addons and its product say about its fields. */
export function collectValues(bundle: ServiceBundle, context: TransformContext, notes: Notes): Candidate[] {
  return [
    ...collectOptions(bundle, context, notes),
    ...collectCustomFields(bundle, context, notes),
    ...collectAddons(bundle, context, notes),
  ];
}

function accept(reading: Reading, field: FieldName, input: Input, notes: Notes): Candidate[] {
  const { level, from, text, rule } = input;
  const { trace } = notes;
  const note = (effect: string) =>
    trace?.push({ from, input: text, rule: `line ${rule.line}`, field, effect });
  notes.warnings.push(...reading.warnings);
  if (reading.problem) {
    notes.problems.push(reading.problem);
    note(`refused: ${reading.problem.code}`);
    return [];
  }
  if (reading.value === undefined) {
    note('says nothing');
    return [];
  }
  if (trace) note(`${rule.op} ${describeValue(reading.value)}`);
  return [{ field, op: rule.op, value: reading.value, level, from }];
}

/** A text such as `2 vCPU & 4 GB`, one part per field. */
function readComposite(input: Input, context: TransformContext, notes: Notes): Candidate[] {
  const { rule } = input;
  const parts = rule.composite ?? [];
  const policy = context.mapping.source;
  const { raw, label } = splitPipe(input.text, policy);
  const texts = [raw, label ?? ''].map((text) => text.split(rule.separator));
  const chosen = texts.find((split) => split.length === parts.length);
  if (!chosen) {
    const message = `"${input.text}" does not have ${parts.length} parts around "${rule.separator}"`;
    notes.problems.push(finding('bad_composite', message));
    return [];
  }
  return parts.flatMap(({ field, unit }, n) => {
    const reading = readValue(chosen[n] ?? '', field, { ...rule, unit }, context.mapping);
    return accept(reading, field, input, notes);
  });
}

function readText(input: Input, context: TransformContext, notes: Notes): Candidate[] {
  const { rule, text } = input;
  if (rule.composite) return readComposite(input, context, notes);
  if (!rule.field) return [];
  return accept(context.read(text, rule.field, rule), rule.field, input, notes);
}

function collectOptions(bundle: ServiceBundle, context: TransformContext, notes: Notes): Candidate[] {
  const product = bundle.service.packageid;
  const linked = context.catalogue.linkedGroups.get(product);
  return distinctRows(bundle.options, context, notes).flatMap((row): Candidate[] => {
    const option = context.catalogue.options.get(row.configid);
    const from = `tblhostingconfigoptions ${row.id}`;
    if (!option) {
      notes.warnings.push(finding('orphan_option', `option ${row.configid} does not exist`));
      notes.trace?.push({
        from,
        input: `option ${row.configid}`,
        rule: 'built in',
        effect: 'ignored: no such option',
      });
      return [];
    }
    const name = cleanText(option.optionname, context.mapping.source);
    if (!linked?.has(option.gid)) {
      notes.trace?.push({
        from,
        input: name,
        rule: 'built in',
        effect: 'left over: not offered with the product',
      });
      return [];
    }
    const rule = context.findRule('option', option.optionname, product);
    if (!rule) {
      notes.problems.push(finding('unmapped_option', `no rule for option "${name}": map it or ignore it`));
      notes.trace?.push({ from, input: name, rule: 'none', effect: 'refused: unmapped_option' });
      return [];
    }
    if (rule.ignore !== undefined) {
      notes.trace?.push({ from, input: name, rule: `line ${rule.line}`, effect: `ignored: ${rule.ignore}` });
      return [];
    }
    return readOption(row, { level: 'option', from: `${from} (${name})`, text: '', rule }, context, notes);
  });
}

/** optiontype is text: 1 dropdown, 2 radio, 3 yes or no, 4 quantity. */
function readOption(
  row: LegacyServiceOption,
  input: Input,
  context: TransformContext,
  notes: Notes,
): Candidate[] {
  const { catalogue, mapping } = context;
  const type = catalogue.options.get(row.configid)?.optiontype.trim();
  const { field } = input.rule;
  if (type === '3' || type === '4') {
    if (!field) return [];
    const count = type === '3' ? Number(row.qty > 0) : row.qty;
    const counted = { ...input, text: type === '3' ? (count ? 'yes' : 'no') : `quantity ${count}` };
    return accept(readSteps(count, field, input.rule, mapping), field, counted, notes);
  }
  const sub = catalogue.subOptions.get(row.optionid);
  if (!sub) {
    notes.problems.push(
      finding('orphan_suboption', `${input.from} chose value ${row.optionid}, which does not exist`),
    );
    return [];
  }
  if (sub.configid !== row.configid) {
    const message = `${input.from} chose value ${row.optionid}, which belongs to option ${sub.configid}`;
    notes.problems.push(finding('option_value_mismatch', message));
    return [];
  }
  return readText({ ...input, text: sub.optionname }, context, notes);
}

/** Rows that repeat another count once; two that choose differently for one option are refused. */
function distinctRows(
  rows: LegacyServiceOption[],
  context: TransformContext,
  notes: Notes,
): LegacyServiceOption[] {
  const byOption = new Map<number, LegacyServiceOption>();
  for (const row of rows) {
    const former = byOption.get(row.configid);
    if (!former) byOption.set(row.configid, row);
    else if (!sameChoice(former, row, context)) {
      const message = `option ${row.configid} was chosen twice, differently (rows ${former.id} and ${row.id})`;
      notes.problems.push(finding('conflicting_values', message));
    }
  }
  return [...byOption.values()];
}

function sameChoice(
  a: LegacyServiceOption,
  b: LegacyServiceOption,
  { catalogue }: TransformContext,
): boolean {
  const type = catalogue.options.get(a.configid)?.optiontype.trim();
  if (type === '3') return a.qty > 0 === b.qty > 0;
  return type === '4' ? a.qty === b.qty : a.optionid === b.optionid;
}

function collectCustomFields(bundle: ServiceBundle, context: TransformContext, notes: Notes): Candidate[] {
  const { service } = bundle;
  const values = new Map<number, string>();
  return bundle.fieldValues.flatMap((row): Candidate[] => {
    const field = context.catalogue.customFields.get(row.fieldid);
    const from = `tblcustomfieldsvalues ${row.id}`;
    if (!field) {
      notes.warnings.push(finding('orphan_field', `custom field ${row.fieldid} does not exist`));
      return [];
    }
    // The same column holds ids of clients, addons and tickets.
    if (field.type !== 'product' || cleanText(row.value, context.mapping.source) === '') return [];
    const name = cleanText(field.fieldname, context.mapping.source);
    const entry = { from, input: name, rule: 'built in' };
    if (field.relid !== service.packageid && field.relid !== 0) {
      notes.trace?.push({ ...entry, effect: `left over from product ${field.relid}` });
      return [];
    }
    const rule = context.findRule('customField', field.fieldname, service.packageid);
    const isAllowed = rule && (field.relid !== 0 || rule.global || rule.ignore !== undefined);
    if (!isAllowed) {
      const remedy = rule ? 'set global: true in its rule' : 'map it or ignore it';
      notes.problems.push(finding('unmapped_field', `no rule for custom field "${name}": ${remedy}`));
      return [];
    }
    if (rule.ignore !== undefined) {
      notes.trace?.push({ ...entry, rule: `line ${rule.line}`, effect: `ignored: ${rule.ignore}` });
      return [];
    }
    const former = values.get(field.id);
    const value = splitPipe(row.value, context.mapping.source).raw;
    values.set(field.id, former ?? value);
    if (former === value) return [];
    if (former !== undefined) {
      notes.problems.push(finding('conflicting_values', `custom field "${name}" has two values`));
      return [];
    }
    return readText(
      { level: 'customField', from: `${from} (${name})`, text: row.value, rule },
      context,
      notes,
    );
  });
}

const LIVE_ADDON = new Set(['active', 'suspended', 'completed']);

function collectAddons(bundle: ServiceBundle, context: TransformContext, notes: Notes): Candidate[] {
  return bundle.addons.flatMap((row): Candidate[] => {
    const stored = row.name || (context.catalogue.addons.get(row.addonid)?.name ?? '');
    const name = cleanText(stored, context.mapping.source);
    const from = `tblhostingaddons ${row.id}`;
    if (!LIVE_ADDON.has(row.status.toLowerCase())) {
      notes.trace?.push({
        from,
        input: name,
        rule: 'built in',
        effect: `ignored: ${row.status.toLowerCase()}`,
      });
      return [];
    }
    const rule = context.findRule('addon', stored, bundle.service.packageid);
    if (!rule) {
      notes.problems.push(finding('unmapped_addon', `no rule for addon "${name}": map it or ignore it`));
      return [];
    }
    const input: Input = { level: 'addon', from: `${from} (${name})`, text: name, rule };
    if (rule.ignore !== undefined || !rule.field) {
      notes.trace?.push({
        from,
        input: name,
        rule: `line ${rule.line}`,
        effect: `ignored: ${rule.ignore ?? ''}`,
      });
      return [];
    }
    if (rule.value !== undefined && FIELD_KINDS[rule.field].kind === 'flag') {
      return accept({ value: rule.value, warnings: [] }, rule.field, input, notes);
    }
    return accept(
      readSteps(Math.max(row.qty, 1), rule.field, rule, context.mapping),
      rule.field,
      input,
      notes,
    );
  });
}
