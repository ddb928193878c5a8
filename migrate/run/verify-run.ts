import type { Knex } from 'knex';
import { ENTITIES, type Entity, type MigrationDeps, type RunInput } from './deps.ts';
import { SOURCE_TABLE } from './preflight.ts';
import type { SourceAccess } from './source-access.ts';
import type { Source } from '../legacy/connect-source.ts';
import { queryRows } from '../../db/query-rows.ts';
import { MigrationRun } from '../../db/models/migration-run.ts';

export type ItemOutcome = 'migrated' | 'quarantined' | 'skipped';
/**
 * `bound`: a migrated service's. `contested`: a quarantined service points at it. `zombie`: a skipped service does.
 * `unclaimed`: no service of the source is known to.
 */
export type VmState = 'bound' | 'contested' | 'zombie' | 'unclaimed';

/** One line of a comparison; `isEqual` is exact, to the cent. */
export interface Comparison {
  what: string;
  source: string;
  berth: string;
  isEqual: boolean;
}

/** What services are billed by currency, cycle and status; `source` is what the source says, to the cent. */
export interface MoneyLine extends Comparison {
  currency: string;
  cycle: string;
  status: string;
  services: number;
  /** What Berth bills. */
  migrated: string;
  quarantined: string;
  skipped: string;
}

export interface VmNote {
  cluster: string;
  vmid: number;
  name: string | null;
  services: number[];
}

/** What a run adds up to; kept with the run, shown by the report. */
export interface RunSummary {
  /** Rows of the source against rows accounted for, by entity, and by status of services. */
  counts: Comparison[];
  /** Recurring amounts: of the source, and of all rows of the run. */
  money: MoneyLine[];
  outcomes: { entity: Entity; outcome: ItemOutcome; code: string | null; rows: number }[];
  /** Services by their status in the source. */
  statuses: { status: string; outcome: ItemOutcome; rows: number }[];
  changes: { entity: Entity; change: string; rows: number }[];
  warnings: { entity: Entity; code: string; rows: number }[];
  /** What migrated services sold, and what their VMs have. */
  capacity: { sold: Capacity; real: Capacity };
  vms: Record<VmState, { total: number; samples: VmNote[] }>;
  vmsByCluster: { cluster: string; state: VmState; total: number }[];
  /** Rows of Berth whose row in the source is gone. */
  vanished: { entity: Entity; total: number; samples: number[] }[];
  /** Services that were migrated once and are over in WHMCS now: the server in Berth goes on. */
  ended: { total: number; samples: number[] };
  /** What some of the changed rows change. */
  differences: {
    entity: Entity;
    sourceId: number;
    fields: Record<string, { former: unknown; fresh: unknown }>;
  }[];
}

interface Capacity {
  servers: number;
  vcpu: number;
  memoryMib: number;
  diskGib: number;
}

const SAMPLES = 50;

export function createVerifyRun({ database }: MigrationDeps, sources: SourceAccess) {
  /** Compares what the run made of the source with the source as it is now, and keeps the result with the run. */
  return async function verifyRun({ runId }: RunInput): Promise<void> {
    const summary = await sources.use(runId, ({ source }) => summarise(database, source, runId));
    await MigrationRun.query(database).findById(runId).patch({ summary });
  };
}

/** Without a source nothing is compared: for a run that has not read all of it yet. */
export async function summarise(database: Knex, source: Source | null, runId: string): Promise<RunSummary> {
  const run = await MigrationRun.query(database).findById(runId).throwIfNotFound();
  const rows = <T>(sql: string) => queryRows<T>(database, sql, { runId, source: run.source } as never);
  // They share nothing, and one connection would leave PostgreSQL's other processors idle.
  const [
    counts,
    money,
    outcomes,
    statuses,
    changes,
    warnings,
    capacity,
    vms,
    vmsByCluster,
    vanished,
    ended,
    differences,
  ] = await Promise.all([
    source ? compareCounts(source, rows) : [],
    source ? compareMoney(source, rows) : [],
    rows<RunSummary['outcomes'][number]>(`select entity, outcome, code, count(*)::int as rows
        from migration_items where run_id = :runId group by 1, 2, 3 order by 1, 2, 3`),
    rows<
      RunSummary['statuses'][number]
    >(`select coalesce(status, '') as status, outcome, count(*)::int as rows
        from migration_items where run_id = :runId and entity = 'service' group by 1, 2 order by 1, 2`),
    rows<RunSummary['changes'][number]>(`select entity, change, count(*)::int as rows
        from migration_items where run_id = :runId and change is not null group by 1, 2 order by 1, 2`),
    rows<RunSummary['warnings'][number]>(`select i.entity, w as code, count(*)::int as rows
        from migration_items i, unnest(i.warnings) w
        where i.run_id = :runId and i.outcome = 'migrated' group by 1, 2 order by 3 desc, 2, 1`),
    compareCapacity(rows),
    reconcileVms(rows),
    rows<RunSummary['vmsByCluster'][number]>(`select cluster, state, count(*)::int as total
        from (${VM_STATES}) s group by 1, 2 order by 1, 2`),
    source ? findVanished(rows) : [],
    source ? findEnded(rows) : { total: 0, samples: [] },
    sampleDifferences(rows),
  ]);
  return {
    counts,
    money,
    outcomes,
    statuses,
    changes,
    warnings,
    capacity,
    vms,
    vmsByCluster,
    vanished,
    ended,
    differences,
  };
}

type Rows = <T>(sql: string) => Promise<T[]>;

function compare(what: string, source: string, berth: string): Comparison {
  return { what, source, berth, isEqual: source === berth };
}

async function compareCounts(source: Source, rows: Rows): Promise<Comparison[]> {
  const items = await rows<{ entity: Entity; rows: number; last: string }>(
    `select entity, count(*)::int as rows, max(source_id) as last from migration_items where run_id = :runId group by 1`,
  );
  const statuses = await rows<{ status: string; rows: number }>(
    `select status, count(*)::int as rows from migration_items
     where run_id = :runId and entity = 'service' and status is not null group by 1`,
  );
  const byEntity = await Promise.all(
    ENTITIES.map(async (entity) => {
      const found = items.find((item) => item.entity === entity);
      // Rows that came while the run was under way are the next one's.
      const [row] = await source.select(
        `SELECT COUNT(*) AS total FROM \`${SOURCE_TABLE[entity]}\` WHERE id <= ?`,
        [Number(found?.last ?? 0)],
      );
      return compare(`${entity}s`, String(row?.['total']), String(found?.rows ?? 0));
    }),
  );
  const last = Number(items.find(({ entity }) => entity === 'service')?.last ?? 0);
  const real = await source.select(
    'SELECT domainstatus AS status, COUNT(*) AS total FROM tblhosting WHERE id <= ? GROUP BY 1 ORDER BY 1',
    [last],
  );
  const byStatus = real.map((row) => {
    const found = statuses.find(({ status }) => status === row['status']);
    return compare(`services ${String(row['status'])}`, String(row['total']), String(found?.rows ?? 0));
  });
  return [...byEntity, ...byStatus];
}

async function compareMoney(source: Source, rows: Rows): Promise<MoneyLine[]> {
  const sumOf = (outcome: ItemOutcome) => `coalesce(sum(amount) filter (where outcome = '${outcome}'), 0.00)`;
  const items = await rows<{ key: string; amount: string } & Pick<MoneyLine, ItemOutcome>>(
    `select concat_ws(' ', coalesce(currency, 'no currency'), cycle, status) as key, coalesce(sum(amount), 0.00)::text as amount,
       ${sumOf('migrated')}::text as migrated, ${sumOf('quarantined')}::text as quarantined,
       ${sumOf('skipped')}::text as skipped
     from (select currency, cycle, status, outcome,
         case outcome when 'migrated' then (fields ->> 'amount')::numeric(16, 2) else amount end as amount
       from migration_items where run_id = :runId and entity = 'service' and status is not null) i group by 1`,
  );
  const [last] = await rows<{ last: string | null }>(
    `select max(source_id) as last from migration_items where run_id = :runId and entity = 'service'`,
  );
  const real = await source.select(
    `SELECT COALESCE(y.code, 'no currency') AS currency, h.billingcycle AS cycle, h.domainstatus AS status,
       COUNT(*) AS services, SUM(h.amount) AS amount
     FROM tblhosting h LEFT JOIN tblclients c ON c.id = h.userid LEFT JOIN tblcurrencies y ON y.id = c.currency
     WHERE h.id <= ? GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    [Number(last?.last ?? 0)],
  );
  const sums = new Map(items.map(({ key, ...sum }) => [key, sum]));
  return real.map((row) => {
    const [currency, cycle, status] = [String(row['currency']), String(row['cycle']), String(row['status'])];
    const what = [currency, cycle, status].join(' ');
    const { amount, ...parts } = sums.get(what) ?? NO_MONEY;
    const services = Number(row['services']);
    return { ...compare(what, String(row['amount']), amount), currency, cycle, status, services, ...parts };
  });
}

const NO_MONEY = { amount: '0.00', migrated: '0.00', quarantined: '0.00', skipped: '0.00' };

async function compareCapacity(rows: Rows): Promise<RunSummary['capacity']> {
  const [row] = await rows<Record<string, number>>(
    `select count(*)::int as servers, coalesce(sum((i.fields ->> 'vcpu')::numeric), 0)::int as vcpu,
       coalesce(sum((i.fields ->> 'memoryMib')::numeric), 0)::float8 as memory,
       coalesce(sum((i.fields ->> 'diskGib')::numeric), 0)::float8 as disk,
       coalesce(sum(v.vcpu), 0)::int as "realVcpu", coalesce(sum(v.memory_mib), 0)::float8 as "realMemory",
       coalesce(sum(v.disk_gib), 0)::float8 as "realDisk"
     from migration_items i
     left join migration_vms v on v.run_id = i.run_id and v.cluster_id = (i.binding ->> 'clusterId')::uuid
       and v.vmid = (i.binding ->> 'vmid')::int
     where i.run_id = :runId and i.entity = 'service' and i.outcome = 'migrated'`,
  );
  const of = (name: string) => row?.[name] ?? 0;
  const servers = of('servers');
  return {
    sold: { servers, vcpu: of('vcpu'), memoryMib: of('memory'), diskGib: of('disk') },
    real: { servers, vcpu: of('realVcpu'), memoryMib: of('realMemory'), diskGib: of('realDisk') },
  };
}

/** Every VM is bound to one service, or is pointed at by one that is set aside or over, or is nobody's. */
export const VM_STATES = `
  with claims as (
    select i.source_id, i.outcome, c ->> 'cluster' as cluster, (c ->> 'vmid')::int as vmid
    from migration_items i, jsonb_array_elements(
      coalesce(i.binding -> 'claims', jsonb_build_array(i.binding))) c
    where i.run_id = :runId and i.entity = 'service' and i.binding is not null)
  select v.cluster, v.vmid, v.name,
    case when bool_or(c.outcome = 'migrated') then 'bound' when bool_or(c.outcome = 'quarantined') then 'contested'
      when bool_or(c.outcome = 'skipped') then 'zombie' else 'unclaimed' end as state,
    array_remove(array_agg(c.source_id::int order by c.source_id), null) as services
  from migration_vms v left join claims c on c.cluster = v.cluster and c.vmid = v.vmid
  where v.run_id = :runId and not v.template
  group by v.cluster, v.vmid, v.name`;

async function reconcileVms(rows: Rows): Promise<RunSummary['vms']> {
  const found = await rows<{ state: VmState; total: number; samples: VmNote[] }>(
    `select state, count(*)::int as total,
       coalesce(json_agg(json_build_object('cluster', cluster, 'vmid', vmid, 'name', name, 'services', services)
         order by cluster, vmid) filter (where state <> 'bound' and n <= ${SAMPLES}), '[]') as samples
     from (select *, row_number() over (partition by state order by cluster, vmid) as n from (${VM_STATES}) s) t
     group by 1`,
  );
  const of = (state: VmState) => {
    const one = found.find((row) => row.state === state);
    return { total: one?.total ?? 0, samples: one?.samples ?? [] };
  };
  return { bound: of('bound'), contested: of('contested'), zombie: of('zombie'), unclaimed: of('unclaimed') };
}

async function findVanished(rows: Rows): Promise<RunSummary['vanished']> {
  return rows(
    `select p.entity, count(*)::int as total, (array_agg(p.source_id::int order by p.source_id))[1:${SAMPLES}] as samples
     from provenance p where p.source = :source and not exists (
       select 1 from migration_items i where i.run_id = :runId and i.entity = p.entity and i.source_id = p.source_id)
     group by 1 order by 1`,
  );
}

async function findEnded(rows: Rows): Promise<RunSummary['ended']> {
  const [found] = await rows<RunSummary['ended']>(
    `select count(*)::int as total,
       coalesce((array_agg(i.source_id::int order by i.source_id))[1:${SAMPLES}], '{}') as samples
     from migration_items i
     join provenance p on p.source = :source and p.entity = i.entity and p.source_id = i.source_id
     join servers s on s.id = p.target_id and s.lifecycle not in ('deleting', 'deleted')
     where i.run_id = :runId and i.entity = 'service' and i.outcome = 'skipped'`,
  );
  return found ?? { total: 0, samples: [] };
}

async function sampleDifferences(rows: Rows): Promise<RunSummary['differences']> {
  // A real run has written the new fields already; what it replaced is gone, so only a dry run shows these.
  return rows(
    `select i.entity, i.source_id::int as "sourceId", d.fields from migration_items i
     join provenance p on p.source = :source and p.entity = i.entity and p.source_id = i.source_id
     cross join lateral (
       select json_object_agg(k.key, json_build_object('former', p.fields -> k.key, 'fresh', i.fields -> k.key)) as fields
       from jsonb_object_keys(i.fields) k(key)
       where k.key <> 'claim' and p.fields -> k.key is distinct from i.fields -> k.key) d
     where i.run_id = :runId and i.change = 'changed' and d.fields is not null
     order by 1, 2 limit ${SAMPLES}`,
  );
}
