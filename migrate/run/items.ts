import type { Knex } from 'knex';
import { copyRows, type Cell } from './copy-rows.ts';
import type { RangeInput } from './deps.ts';
import type { RangeCounts } from './range-cursor.ts';
import { targetId } from './target-id.ts';
import { contentHash } from '../content-hash.ts';
import type { Binding } from '../transforms/bind-vm.ts';
import type { Outcome } from '../transforms/outcome.ts';

/** What becomes of one row, as migration_items holds it. */
export interface Item {
  sourceId: number;
  outcome: Outcome<object>;
  contentHash: string;
  passwordHash?: string | null;
  /** The VM of a migrated service, or those that another one points at. */
  binding?: Binding | { claims: Pick<Binding, 'cluster' | 'vmid'>[] };
  given?: { status: string; currency: string | null; cycle: string; amount: string | null };
}

/** The code of a row whose columns are of a kind nobody expected. */
export const UNREADABLE = 'unreadable_row';

export function countItems(items: Item[]): RangeCounts {
  const quarantined = items.flatMap(({ outcome }) => (outcome.outcome === 'quarantined' ? [outcome] : []));
  return {
    rows: items.length,
    quarantined: quarantined.length,
    unreadable: quarantined.filter(({ reason }) => reason.code === UNREADABLE).length,
  };
}

const ITEM_COLUMNS = [
  'run_id',
  'entity',
  'source_id',
  'outcome',
  'code',
  'message',
  'warnings',
  'content_hash',
  'fields',
  'binding',
  'status',
  'currency',
  'cycle',
  'amount',
  'fields_hash',
  'target_id',
  'change',
] as const;

/** Apart from the items, so that they are in no report, and gone once loaded. */
const PASSWORD_COLUMNS = ['run_id', 'user_id', 'hash'] as const;

export async function copyItems(
  trx: Knex.Transaction,
  { runId, entity }: RangeInput,
  source: string,
  items: Item[],
): Promise<void> {
  await copyRows(trx, 'migration_items', ITEM_COLUMNS, items, (item): Cell[] => {
    const { outcome, given, binding } = item;
    const fields = outcome.outcome === 'migrated' ? outcome.fields : null;
    const reason = outcome.outcome === 'migrated' ? null : outcome.reason;
    return [
      runId,
      entity,
      item.sourceId,
      outcome.outcome,
      reason?.code,
      reason?.message,
      outcome.warnings.map(({ code }) => code),
      item.contentHash,
      fields && { json: fields },
      binding && { json: binding },
      given?.status,
      given?.currency,
      given?.cycle,
      given?.amount,
      fields && fieldsHash(fields, item),
      // As if Berth were empty: what is there already is seen to when all has been read.
      fields && targetId(source, entity, item.sourceId),
      fields && 'added',
    ];
  });
  const passwords = items.filter(({ passwordHash }) => passwordHash);
  await copyRows(trx, 'migration_passwords', PASSWORD_COLUMNS, passwords, ({ sourceId, passwordHash }) => [
    runId,
    sourceId,
    passwordHash,
  ]);
}

/**
 * Changes exactly when something that Berth takes over changes: the VM's identity counts, where it runs does not. Fields are
 * always in the order in which the transforms make them.
 */
function fieldsHash(fields: object, { passwordHash, binding }: Item): string {
  const { claim: _, ...taken } = fields as { claim?: unknown };
  const vm = binding &&
    'clusterId' in binding && [binding.clusterId, binding.vmid, binding.kind, binding.name];
  return contentHash([taken, passwordHash ?? null, vm || null]);
}
