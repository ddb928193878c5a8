import type { Knex } from 'knex';
import { queryRows } from '../../db/query-rows.ts';
import { countVms, type VmCount } from './reconcile-vms.ts';

export type ItemOutcome = 'migrated' | 'quarantined' | 'skipped';
export type Entity = 'user' | 'client' | 'service';

interface Counted {
  entity: Entity;
  count: number;
}

/** Money to the cent, as text. */
export interface MoneyLine {
  currency: string | null;
  /** Null in the line that sums up a currency. */
  cycle: string | null;
  status: string | null;
  services: number;
  source: string;
  migrated: string;
  quarantined: string;
  skipped: string;
  /** What the migrated servers are billed in Berth. */
  carried: string;
  /** The source is the sum of the three, and what is carried is what is migrated. */
  agrees: boolean;
  /** Services whose amount is none; they are in no sum. */
  withoutAmount: number;
}

export interface Capacity {
  servers: number;
  what: 'vcpu' | 'memoryMib' | 'diskGib';
  sold: string;
  real: string;
}

/** Everything of a run that is a number. */
export interface Summary {
  outcomes: (Counted & { outcome: ItemOutcome })[];
  /** Reasons of quarantined and skipped rows; with `migrated`, warnings. */
  codes: (Counted & { outcome: ItemOutcome; code: string })[];
  changes: (Counted & { change: string })[];
  statuses: { status: string; outcome: ItemOutcome; count: number }[];
  money: MoneyLine[];
  moneyTotals: MoneyLine[];
  capacity: Capacity[];
  vms: VmCount[];
  /** Rows an earlier run brought that the source no longer has; nothing is done about them. */
  gone: Counted[];
}

const OUTCOMES = `select entity, outcome, count(*)::int as count from migration_items
  where run_id = ? group by 1, 2 order by 1, 2`;
const CODES = `
  select entity, outcome, code, count(*)::int as count from migration_items
  where run_id = ? and code is not null group by 1, 2, 3
  union all
  select entity, outcome, warning, count(*)::int from migration_items, unnest(warnings) warning
  where run_id = ? and outcome = 'migrated' group by 1, 2, 3
  order by count desc, code, entity`;
const CHANGES = `select entity, change, count(*)::int as count from migration_items
  where run_id = ? and outcome = 'migrated' and change is not null group by 1, 2 order by 1, 2`;
const STATUSES = `select coalesce(status, '') as status, outcome, count(*)::int as count from migration_items
  where run_id = ? and entity = 'service' group by 1, 2 order by 1, 2`;

const sumOf = (outcome: ItemOutcome, value = 'amount') =>
  `coalesce(sum(${value}) filter (where outcome = '${outcome}'), 0.00)`;
const MONEY = `
  with sums as (
    select currency, cycle, status, grouping(cycle) = 1 as is_total, count(*)::int as services,
      coalesce(sum(amount), 0.00) as source, ${sumOf('migrated')} as migrated,
      ${sumOf('quarantined')} as quarantined, ${sumOf('skipped')} as skipped,
      ${sumOf('migrated', "(fields ->> 'amount')::numeric")} as carried,
      count(*) filter (where amount is null)::int as unread
    from migration_items where run_id = ? and entity = 'service'
    group by grouping sets ((currency, cycle, status), (currency)))
  select currency, cycle, status, is_total as "isTotal", services, source::text, migrated::text, quarantined::text,
    skipped::text, carried::text, unread as "withoutAmount",
    source = migrated + quarantined + skipped and migrated = carried as agrees
  from sums order by currency, cycle, status`;

const capacityOf = (what: Capacity['what'], column: string) => `
  select '${what}' as what, count(*)::int as servers,
    coalesce(sum((i.fields ->> '${what}')::numeric), 0)::text as sold, coalesce(sum(v.${column}), 0)::text as real
  from bound b join migration_items i on i.run_id = b.run_id and i.entity = 'service' and i.source_id = b.source_id
  join migration_vms v on v.run_id = b.run_id and v.cluster_id = b.cluster_id and v.vmid = b.vmid`;
const CAPACITY = `
  with bound as (
    select run_id, source_id, (binding ->> 'clusterId')::uuid as cluster_id, (binding ->> 'vmid')::int as vmid
    from migration_items where run_id = ? and entity = 'service' and outcome = 'migrated' and binding is not null)
  ${[capacityOf('vcpu', 'vcpu'), capacityOf('memoryMib', 'memory_mib'), capacityOf('diskGib', 'disk_gib')].join(' union all ')}`;

const GONE = `
  select p.entity, count(*)::int as count
  from provenance p join migration_runs r on r.id = ? and r.source = p.source
  where not exists (select 1 from migration_items i
    where i.run_id = r.id and i.entity = p.entity and i.source_id = p.source_id)
  group by 1 order by 1`;

/** Counts and sums a run up; all arithmetic is PostgreSQL's, exact. */
export async function summariseRun(trx: Knex.Transaction, runId: string): Promise<Summary> {
  const read = <T>(sql: string) => queryRows<T>(trx, sql, runIds(sql, runId));
  const money = await read<MoneyLine & { isTotal: boolean }>(MONEY);
  return {
    outcomes: await read(OUTCOMES),
    codes: await read(CODES),
    changes: await read(CHANGES),
    statuses: await read(STATUSES),
    money: money.flatMap(({ isTotal, ...line }) => (isTotal ? [] : [line])),
    moneyTotals: money.flatMap(({ isTotal, ...line }) => (isTotal ? [line] : [])),
    capacity: await read(CAPACITY),
    vms: await countVms(trx, runId),
    gone: await read(GONE),
  };
}

/** The statements know no other value than the run. */
export function runIds(sql: string, runId: string): string[] {
  return Array.from({ length: sql.split('?').length - 1 }, () => runId);
}
