import { FIELD_KINDS, FIELD_NAMES, type FieldName } from '../mapping-schema.ts';
import type { Mapping } from '../mapping.ts';
import { LEVELS, type Candidate } from './collect-values.ts';
import { finding, type Notes } from './outcome.ts';
import { UNLIMITED, type FieldValue } from './read-value.ts';

export type FieldValues = Partial<Record<FieldName, FieldValue>>;

/** One value per field: the highest level that sets it, and what adds to it. */
export function resolveFields(candidates: Candidate[], mapping: Mapping, notes: Notes): FieldValues {
  const values: FieldValues = {};
  const byField = Map.groupBy(candidates, ({ field }) => field);
  for (const field of FIELD_NAMES) {
    const own = byField.get(field) ?? [];
    const settings = mapping.fields[field];
    const fallback: Candidate[] =
      settings?.default === undefined
        ? []
        : [{ field, op: 'set', value: settings.default, level: 'default', from: 'mapping, fields' }];
    if (own.length === 0 && fallback.length === 0 && !settings?.required) continue;
    const base = chooseSet([...own, ...fallback], notes);
    // What was chosen must make sense by itself: an addition must not hide a choice of nothing.
    const isChosen = base?.level === 'option' || base?.level === 'customField';
    if (base && isChosen) checkRange(field, base.value, mapping, notes);
    const value = addUp(base, own, notes);
    if (value === undefined) {
      if (settings?.required && notes.problems.length === 0) {
        notes.problems.push(finding('missing_required', `nothing says what ${field} is`));
      }
      continue;
    }
    checkRange(field, value, mapping, notes);
    values[field] = value;
  }
  return values;
}

function chooseSet(candidates: Candidate[], notes: Notes): Candidate | undefined {
  const sets = candidates.filter(({ op }) => op === 'set');
  const level = LEVELS.find((name) => sets.some((candidate) => candidate.level === name));
  const [first, ...others] = sets.filter((candidate) => candidate.level === level);
  if (!first) return undefined;
  const other = others.find(({ value }) => value !== first.value);
  if (other) {
    const message = `${first.field} is ${String(first.value)} by ${first.from} and ${String(other.value)} by ${other.from}`;
    notes.problems.push(finding('conflicting_values', message));
  } else if (others.length > 0 && level === 'option') {
    const message = `${first.field} is chosen by several options, alike: ${[first, ...others].map(({ from }) => from).join(', ')}`;
    notes.warnings.push(finding('duplicate_option', message));
  }
  for (const lower of sets.filter(
    (candidate) => candidate.level !== level && candidate.level !== 'default',
  )) {
    notes.trace?.push({
      from: lower.from,
      input: String(lower.value),
      rule: 'built in',
      field: lower.field,
      effect: `outranked by ${first.from}`,
    });
  }
  if (level === 'product' || level === 'default') {
    const { from, field, value } = first;
    notes.trace?.push({
      from,
      input: String(value),
      rule: 'built in',
      field,
      effect: `set ${String(value)}`,
    });
  }
  return first;
}

function addUp(base: Candidate | undefined, own: Candidate[], notes: Notes): FieldValue | undefined {
  const adds = own.filter(({ op, value }) => op === 'add' && value !== 0);
  if (adds.length === 0) return base?.value;
  if (base !== undefined && typeof base.value !== 'number') return base.value;
  const field = adds[0]?.field ?? '';
  if (base === undefined) {
    notes.problems.push(
      finding('missing_required', `${field} is added to, but nothing says what it is before`),
    );
    return undefined;
  }
  return adds.reduce((sum, { value }) => sum + (typeof value === 'number' ? value : 0), Number(base.value));
}

function checkRange(field: FieldName, value: FieldValue, mapping: Mapping, notes: Notes): void {
  if (FIELD_KINDS[field].kind !== 'number' || typeof value !== 'number' || value === UNLIMITED) return;
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = mapping.fields[field] ?? {};
  if (value >= min && value <= max) return;
  notes.problems.push(finding('out_of_range', `${field} ${value} is not between ${min} and ${max}`));
}
