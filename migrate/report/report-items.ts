import type { Entity } from '../run/deps.ts';
import type { ItemOutcome } from '../run/verify-run.ts';

/** A row of migration_items. */
export interface ItemRow {
  entity: Entity;
  sourceId: string;
  outcome: ItemOutcome;
  code: string | null;
  message: string | null;
  warnings: string[];
  change: string | null;
  fields: Record<string, unknown> | null;
  binding: { cluster?: string; vmid?: number } | null;
  targetId: string | null;
}

const COLUMNS = `entity, source_id as "sourceId", outcome, code, message, warnings, change, fields, binding,
  target_id as "targetId"`;

/** Every row of the source, for `readRows`. */
export const ALL_ITEMS = `select ${COLUMNS} from migration_items where run_id = :runId order by entity, source_id`;

export type ExceptionRow = Pick<ItemRow, 'entity' | 'sourceId' | 'outcome' | 'code' | 'message' | 'warnings'>;

const IS_EXCEPTION = `(outcome = 'quarantined' or (outcome = 'migrated' and warnings <> '{}'))`;
const EXCEPTION_COLUMNS = `entity, source_id as "sourceId", outcome, code, message, warnings`;

/** Rows that somebody should look at, for `readRows`. */
export const EXCEPTIONS = `select ${EXCEPTION_COLUMNS} from migration_items
  where run_id = :runId and ${IS_EXCEPTION} order by entity, source_id`;

/** The first of them, those that are not migrated before those that are. */
export const FIRST_EXCEPTIONS = (limit: number) => `select ${EXCEPTION_COLUMNS} from migration_items
  where run_id = :runId and ${IS_EXCEPTION} order by outcome = 'migrated', entity, source_id limit ${limit}`;

export const COUNT_EXCEPTIONS = `select count(*)::int as count from migration_items
  where run_id = :runId and ${IS_EXCEPTION}`;

const SECRET = /pass|hash|secret|token/i;

/** What a row became, without anything a report must not hold, however it came into the fields. */
export function toTarget({ outcome, fields, binding, targetId }: ItemRow): Record<string, unknown> | null {
  if (outcome !== 'migrated') return null;
  const { claim: _, passwordKind, ...rest } = fields ?? {};
  const vm = binding && { binding: { cluster: binding.cluster, vmid: binding.vmid } };
  return {
    ...withoutSecrets(rest),
    ...(typeof passwordKind === 'string' ? { passwordKind } : {}),
    ...vm,
    targetId,
  };
}

export function withoutSecrets(fields: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(fields).filter(([name]) => !SECRET.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, clean(value)]));
}

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  // Of JSON, so that its keys are texts.
  return typeof value === 'object' && value !== null
    ? withoutSecrets(value as Record<string, unknown>)
    : value;
}
