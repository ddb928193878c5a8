import { canonicalJson } from './canonical-json.ts';
import type { Source } from './legacy/connect-source.ts';
import { readCatalogue } from './legacy/read-catalogue.ts';
import { readService } from './legacy/read-services.ts';
import type { Mapping } from './mapping.ts';
import { summarise, type RunSummary } from './run/verify-run.ts';
import { createContext } from './transforms/context.ts';
import { transformService } from './transforms/transform-service.ts';
import type { Database } from '../db/connect.ts';
import type { MigrationRun } from '../db/models/migration-run.ts';
import { User } from '../db/models/user.ts';
import { verifyPassword } from '../db/passwords.ts';
import { queryRows } from '../db/query-rows.ts';

export interface Check {
  name: string;
  compared: number;
  /** What differs, a line each; nothing secret. */
  problems: string[];
}

export interface Verification {
  runId: string;
  isEqual: boolean;
  checks: Check[];
  /** To be looked at, but no difference. */
  notes: string[];
}

export interface VerifyWish {
  database: Database;
  source: Source;
  mapping: Mapping;
  run: MigrationRun;
  samples: number;
  logins: { email: string; password: string }[];
}

/** Compares what Berth holds with the source as it is now, and says of everything that differs what it is. */
export async function verifyRun(wish: VerifyWish): Promise<Verification> {
  const { database, source, run } = wish;
  const { counts, money, vms } = await summarise(database, source, run.id);
  const differing = (comparisons: typeof counts) =>
    comparisons
      .filter(({ isEqual }) => !isEqual)
      .map(({ what, source: there, berth }) => `${what}: ${there} in the source, ${berth} accounted for`);
  const checks: Check[] = [
    { name: 'rows', compared: counts.length, problems: differing(counts) },
    { name: 'money', compared: money.length, problems: differing(money) },
    ...(run.dryRun ? [] : [await checkTargets(database, run), await checkMoneyOfServers(database, run)]),
    ...(run.dryRun ? [] : [await checkSamples(wish)]),
    ...(wish.logins.length > 0 ? [await checkLogins(wish)] : []),
  ];
  const isEqual = checks.every(({ problems }) => problems.length === 0);
  return { runId: run.id, isEqual, checks, notes: noteVms(vms) };
}

function noteVms({ zombie, contested, unclaimed }: RunSummary['vms']): string[] {
  const list = [
    [zombie, 'VMs of services that are over still exist'],
    [contested, 'VMs are claimed by quarantined services'],
    [unclaimed, 'VMs belong to no service'],
  ] as const;
  return list
    .filter(([{ total }]) => total > 0)
    .map(([{ total, samples }, what]) => {
      const names = samples.slice(0, 5).map(({ cluster, vmid }) => `${cluster}/${vmid}`);
      return `${total} ${what}: ${names.join(', ')}${total > names.length ? ', …' : ''}`;
    });
}

/** Every migrated row must be there, and every server with the VM that it was given. */
async function checkTargets(database: Database, run: MigrationRun): Promise<Check> {
  const [row] = await queryRows<{ compared: number }>(
    database,
    `select count(*)::int as compared from migration_items where run_id = ? and outcome = 'migrated'`,
    [run.id],
  );
  const missing = await queryRows<{ line: string }>(
    database,
    `select i.entity || ' ' || i.source_id || ' has no row in Berth' as line from migration_items i
     where i.run_id = :runId and i.outcome = 'migrated' and not case i.entity
       when 'user' then exists (select 1 from users t where t.id = i.target_id)
       when 'client' then exists (select 1 from accounts t where t.id = i.target_id)
       else exists (select 1 from servers t where t.id = i.target_id) end
     union all
     select 'service ' || i.source_id || ' is not bound to VM ' || (i.binding ->> 'vmid') || ' any more'
     from migration_items i join servers s on s.id = i.target_id and s.lifecycle not in ('deleting', 'deleted')
     left join vmid_leases l on l.server_id = i.target_id
     where i.run_id = :runId and i.entity = 'service' and i.outcome = 'migrated'
       and (l.cluster_id::text, l.vmid::text) is distinct from (i.binding ->> 'clusterId', i.binding ->> 'vmid')
     order by 1`,
    { runId: run.id } as never,
  );
  return { name: 'targets', compared: row?.compared ?? 0, problems: missing.map(({ line }) => line) };
}

async function checkMoneyOfServers(database: Database, run: MigrationRun): Promise<Check> {
  const sums = await queryRows<{ key: string; items: string; berth: string | null }>(
    database,
    `select concat_ws(' ', i.fields ->> 'currency', i.fields ->> 'cycle') as key,
       sum((i.fields ->> 'amount')::numeric)::text as items, sum(b.amount)::text as berth
     from migration_items i left join server_billing b on b.server_id = i.target_id
     where i.run_id = ? and i.entity = 'service' and i.outcome = 'migrated' group by 1 order by 1`,
    [run.id],
  );
  const problems = sums
    .filter(({ items, berth }) => items !== berth)
    .map(({ key, items, berth }) => `${key}: ${items} migrated, ${berth ?? 'nothing'} in Berth`);
  return { name: 'amounts of servers', compared: sums.length, problems };
}

/** Reads some services again, from the source, and compares field by field with what Berth remembers and shows. */
async function checkSamples({ database, source, mapping, run, samples }: VerifyWish): Promise<Check> {
  const rows = await queryRows<SampleRow>(
    database,
    `select i.source_id::int as "sourceId", p.fields, s.vcpu, s.memory_mib as "memoryMib", s.disk_gib as "diskGib", s.os,
       s.hostname, b.amount::text as amount, b.cycle, b.currency, b.next_due::text as "nextDue"
     from migration_items i
     join provenance p on p.source = ? and p.entity = 'service' and p.source_id = i.source_id
     join servers s on s.id = p.target_id join server_billing b on b.server_id = s.id
     where i.run_id = ? and i.entity = 'service' and i.outcome = 'migrated' order by random() limit ?`,
    [run.source, run.id, samples],
  );
  const catalogue = await readCatalogue(source, mapping.modules);
  const context = createContext(mapping, catalogue);
  const problems: string[] = [];
  for (const row of rows) {
    const bundle = await readService(source, catalogue, row.sourceId);
    const outcome = bundle && transformService(bundle, context);
    if (outcome?.outcome !== 'migrated') {
      problems.push(`service ${row.sourceId} would not be migrated now`);
      continue;
    }
    const { binding: _, ...fields } = outcome.fields;
    for (const [name, value] of Object.entries(fields)) {
      const shown = name in row ? row[name as keyof SampleRow] : row.fields[name];
      const isUnknown = value === null && ['vcpu', 'memoryMib', 'diskGib'].includes(name);
      if (!isUnknown && canonicalJson(shown ?? null) !== canonicalJson(value)) {
        problems.push(
          `service ${row.sourceId}, ${name}: ${canonicalJson(value)} in the source, ${canonicalJson(shown ?? null)} in Berth`,
        );
      }
    }
  }
  return { name: 'services field by field', compared: rows.length, problems };
}

interface SampleRow {
  sourceId: number;
  fields: Record<string, unknown>;
  vcpu: number;
  memoryMib: number;
  diskGib: number;
  os: string | null;
  hostname: string | null;
  amount: string;
  cycle: string;
  currency: string;
  nextDue: string | null;
}

async function checkLogins({ database, logins }: VerifyWish): Promise<Check> {
  const problems: string[] = [];
  for (const { email, password } of logins) {
    const user = await User.query(database).whereRaw('lower(email) = lower(?)', [email]).first();
    if (!user || user.disabledAt) problems.push(`${email} is not there`);
    else if (!(await verifyPassword(user.passwordHash, password))) problems.push(`${email} cannot log in`);
  }
  return { name: 'logins', compared: logins.length, problems };
}
