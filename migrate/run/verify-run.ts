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
  const lastIds = source ? await readLastIds(rows) : null;
  // They share nothing, and one connection would leave PostgreSQL's other processors idle.
  const [groups, totals, warnings, capacity, { vms, vmsByCluster }, vanished, ended, differences] =
    await Promise.all([
      rows<Group>(GROUPS),
      source && lastIds ? readTotals(source, lastIds) : null,
      rows<RunSummary['warnings'][number]>(`select i.entity, w as code, count(*)::int as rows
        from migration_items i, unnest(i.warnings) w
        where i.run_id = :runId and i.outcome = 'migrated' group by 1, 2 order by 3 desc, 2, 1`),
      compareCapacity(rows),
      reconcileVms(rows),
      source ? findVanished(rows) : [],
      source ? findEnded(rows) : { total: 0, samples: [] },
      sampleDifferences(rows),
    ]);
  const services = groups.filter(({ entity }) => entity === 'service');
  const changed = groups.filter(({ change }) => change !== null);
  return {
    counts: totals ? compareCounts(totals, groups) : [],
    money: totals ? compareMoney(totals, groups) : [],
    outcomes: sumRows(groups, ({ entity, outcome, code }) => ({ entity, outcome, code })),
    statuses: sumRows(services, ({ status, outcome }) => ({ status: status ?? '', outcome })),
    changes: sumRows(changed, ({ entity, change }) => ({ entity, change: change ?? '' })),
    warnings,
    capacity,
    vms,
    vmsByCluster,
    vanished,
    ended,
    differences,
  };
}

/** Items that are alike in all that is counted. */
interface Group {
  entity: Entity;
  outcome: ItemOutcome;
  code: string | null;
  change: string | null;
  status: string | null;
  currency: string | null;
  cycle: string | null;
  rows: number;
  /** What Berth bills of migrated ones, what the source says of others. */
  amount: string | null;
}

/** Everything that is counted, in one pass; the lines are few. In order of what they are summed by. */
const GROUPS = `
  select entity, outcome, code, change, status, currency, cycle, count(*)::int as rows,
    sum(case outcome when 'migrated' then (fields ->> 'amount')::numeric(16, 2) else amount end)::text as amount
  from migration_items where run_id = :runId group by 1, 2, 3, 4, 5, 6, 7
  order by entity, status, outcome, code, change`;

/** Rows by what `keyOf` tells apart, in order. */
function sumRows<Key extends object>(
  groups: Group[],
  keyOf: (group: Group) => Key,
): (Key & { rows: number })[] {
  const sums = new Map<string, Key & { rows: number }>();
  for (const group of groups) {
    const key = keyOf(group);
    const text = Object.values(key).join('\t');
    sums.set(text, { ...key, rows: (sums.get(text)?.rows ?? 0) + group.rows });
  }
  return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

type Rows = <T>(sql: string) => Promise<T[]>;

function compare(what: string, source: string, berth: string): Comparison {
  return { what, source, berth, isEqual: source === berth };
}

type LastIds = Map<Entity, number>;

/** Rows that came while the run was under way are the next one's. */
async function readLastIds(rows: Rows): Promise<LastIds> {
  const found = await rows<{ entity: Entity; last: string | null }>(
    `select entity, (select max(source_id) from migration_items i where i.run_id = :runId and i.entity = e.entity) as last
     from unnest(array['${ENTITIES.join("', '")}']) as e(entity)`,
  );
  return new Map(found.map(({ entity, last }) => [entity, Number(last)]));
}

type SourceRow = Record<string, unknown>;

/** What the source adds up to. */
interface SourceTotals {
  entities: (readonly [Entity, SourceRow | undefined])[];
  statuses: SourceRow[];
  money: SourceRow[];
}

async function readTotals(source: Source, lastIds: LastIds): Promise<SourceTotals> {
  const lastId = (entity: Entity) => [lastIds.get(entity) ?? 0];
  const [entities, statuses, money] = await Promise.all([
    Promise.all(
      ENTITIES.map(async (entity) => {
        const sql = `SELECT COUNT(*) AS total FROM \`${SOURCE_TABLE[entity]}\` WHERE id <= ?`;
        const [row] = await source.select(sql, lastId(entity));
        return [entity, row] as const;
      }),
    ),
    source.select(
      'SELECT domainstatus AS status, COUNT(*) AS total FROM tblhosting WHERE id <= ? GROUP BY 1 ORDER BY 1',
      lastId('service'),
    ),
    source.select(
      `SELECT COALESCE(y.code, 'no currency') AS currency, h.billingcycle AS cycle, h.domainstatus AS status,
         COUNT(*) AS services, SUM(h.amount) AS amount
       FROM tblhosting h LEFT JOIN tblclients c ON c.id = h.userid LEFT JOIN tblcurrencies y ON y.id = c.currency
       WHERE h.id <= ? GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
      lastId('service'),
    ),
  ]);
  return { entities, statuses, money };
}

function compareCounts({ entities, statuses }: SourceTotals, groups: Group[]): Comparison[] {
  const count = (of: Group[]) => String(of.reduce((sum, { rows }) => sum + rows, 0));
  const byEntity = entities.map(([entity, row]) => {
    const found = groups.filter((group) => group.entity === entity);
    return compare(`${entity}s`, String(row?.['total']), count(found));
  });
  const byStatus = statuses.map((row) => {
    const found = groups.filter(({ entity, status }) => entity === 'service' && status === row['status']);
    return compare(`services ${String(row['status'])}`, String(row['total']), count(found));
  });
  return [...byEntity, ...byStatus];
}

function compareMoney({ money }: SourceTotals, groups: Group[]): MoneyLine[] {
  const nameOf = (...parts: (string | null)[]) => parts.join(' ');
  const byName = Map.groupBy(
    groups.filter(({ entity, status }) => entity === 'service' && status !== null),
    ({ currency, cycle, status }) => nameOf(currency ?? 'no currency', cycle, status),
  );
  return money.map((row) => {
    const [currency, cycle, status] = [String(row['currency']), String(row['cycle']), String(row['status'])];
    const what = nameOf(currency, cycle, status);
    const found = byName.get(what) ?? [];
    const sumOf = (outcome: ItemOutcome) => addMoney(found.filter((group) => group.outcome === outcome));
    return {
      ...compare(what, String(row['amount']), addMoney(found)),
      currency,
      cycle,
      status,
      services: Number(row['services']),
      migrated: sumOf('migrated'),
      quarantined: sumOf('quarantined'),
      skipped: sumOf('skipped'),
    };
  });
}

/** Every amount has two digits after the point. */
function addMoney(groups: Group[]): string {
  const cents = groups.reduce((sum, { amount }) => sum + BigInt(amount?.replace('.', '') ?? 0), 0n);
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

async function compareCapacity(rows: Rows): Promise<RunSummary['capacity']> {
  const [row] = await rows<Record<string, number>>(
    `select count(*)::int as servers, coalesce(sum(f.vcpu), 0)::int as vcpu,
       coalesce(sum(f."memoryMib"), 0)::float8 as memory, coalesce(sum(f."diskGib"), 0)::float8 as disk,
       coalesce(sum(v.vcpu), 0)::int as "realVcpu", coalesce(sum(v.memory_mib), 0)::float8 as "realMemory",
       coalesce(sum(v.disk_gib), 0)::float8 as "realDisk"
     from migration_items i
     cross join lateral jsonb_to_record(i.fields) as f(vcpu numeric, "memoryMib" numeric, "diskGib" numeric)
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

async function reconcileVms(rows: Rows): Promise<Pick<RunSummary, 'vms' | 'vmsByCluster'>> {
  const found = await rows<{ cluster: string; state: VmState; total: number; samples: VmNote[] }>(
    `select cluster, state, count(*)::int as total,
       coalesce(json_agg(json_build_object('cluster', cluster, 'vmid', vmid, 'name', name, 'services', services)
         order by vmid) filter (where state <> 'bound' and n <= ${SAMPLES}), '[]') as samples
     from (select *, row_number() over (partition by state order by cluster, vmid) as n from (${VM_STATES}) s) t
     group by 1, 2 order by 1, 2`,
  );
  const of = (state: VmState) => {
    const lines = found.filter((line) => line.state === state);
    return {
      total: lines.reduce((sum, { total }) => sum + total, 0),
      samples: lines.flatMap(({ samples }) => samples),
    };
  };
  return {
    vms: { bound: of('bound'), contested: of('contested'), zombie: of('zombie'), unclaimed: of('unclaimed') },
    vmsByCluster: found.map(({ cluster, state, total }) => ({ cluster, state, total })),
  };
}

async function findVanished(rows: Rows): Promise<RunSummary['vanished']> {
  return rows(
    `select p.entity, count(*)::int as total, (array_agg(p.source_id::int order by p.source_id))[1:${SAMPLES}] as samples
     from provenance p where p.source = :source
       -- what this run has written it has read
       and p.changed_by <> :runId and not exists (
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
     where i.run_id = :runId and i.entity = 'service' and i.outcome = 'skipped'
       -- what this run has written it has not skipped
       and p.changed_by <> :runId`,
  );
  return found ?? { total: 0, samples: [] };
}

async function sampleDifferences(rows: Rows): Promise<RunSummary['differences']> {
  // A real run has written the new fields already; what it replaced is gone, so only a dry run shows these.
  return rows(
    `with changed as materialized (
       select entity, source_id, fields from migration_items where run_id = :runId and change = 'changed')
     select i.entity, i.source_id::int as "sourceId", d.fields from changed i
     join provenance p on p.source = :source and p.entity = i.entity and p.source_id = i.source_id
     cross join lateral (
       select json_object_agg(k.key, json_build_object('former', p.fields -> k.key, 'fresh', i.fields -> k.key)) as fields
       from jsonb_object_keys(i.fields) k(key)
       where k.key <> 'claim' and p.fields -> k.key is distinct from i.fields -> k.key) d
     where d.fields is not null
     order by 1, 2 limit ${SAMPLES}`,
  );
}
