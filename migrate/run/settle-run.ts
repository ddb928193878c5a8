import type { MigrationDeps, RunInput } from './deps.ts';
import { MigrationRun } from '../../db/models/migration-run.ts';
import type { Knex } from 'knex';

const quarantine = (code: string, message: string, where: string) => `
  update migration_items i set outcome = 'quarantined', code = '${code}', message = ${message},
    target_id = null, change = null
  where i.run_id = :runId and i.outcome = 'migrated' and ${where}`;

/** An item of the same run that is migrated. */
const isMigrated = (entity: string, id: string) => `exists (
  select 1 from migration_items o where o.run_id = :runId and o.entity = '${entity}' and o.source_id = ${id}
    and o.outcome = 'migrated')`;

/**
 * What no row can tell by itself, in the order in which one thing follows from another. Every statement leaves alone
 * what an earlier try has done.
 */
const STATEMENTS: [what: string, sql: string][] = [
  // Of the wide columns none is needed, and they take the time.
  ['statistics', 'analyze migration_items (run_id, entity, source_id, outcome, change)'],
  [
    'users whose address another one has',
    quarantine(
      'email_duplicate',
      `'another user of the source logs in with the same address'`,
      `i.entity = 'user' and exists (select 1 from migration_items o where o.run_id = :runId and o.entity = 'user'
         and o.outcome = 'migrated' and o.fields ->> 'email' = i.fields ->> 'email' and o.source_id < i.source_id)`,
    ),
  ],
  [
    'users whose address an admin of Berth has',
    quarantine(
      'email_of_admin',
      `'an admin of Berth has this address'`,
      `i.entity = 'user' and exists (select 1 from users u where lower(u.email) = i.fields ->> 'email'
         and u.role = 'admin')`,
    ),
  ],
  [
    'accounts nobody could enter',
    quarantine(
      'account_without_owner',
      `'none of its owners is migrated'`,
      `i.entity = 'client' and not exists (
         select 1 from jsonb_array_elements(i.fields -> 'members') m
         join migration_items o on o.run_id = :runId and o.entity = 'user' and o.outcome = 'migrated'
           and o.source_id = (m ->> 'userId')::bigint
         where (m ->> 'owner')::boolean)`,
    ),
  ],
  [
    'services of accounts that stay',
    quarantine(
      'client_not_migrated',
      `'client ' || (i.fields ->> 'clientId') || ' is not migrated'`,
      `i.entity = 'service' and not ${isMigrated('client', "(i.fields ->> 'clientId')::bigint")}`,
    ),
  ],
  [
    'users without an account',
    `update migration_items i set outcome = 'skipped', code = 'no_account',
       message = 'the user may enter no account that is migrated', target_id = null, change = null
     where i.run_id = :runId and i.outcome = 'migrated' and i.entity = 'user' and not exists (
       select 1 from jsonb_array_elements_text(i.fields -> 'clientIds') c
       join migration_items o on o.run_id = :runId and o.entity = 'client' and o.outcome = 'migrated'
         and o.source_id = c::bigint)`,
  ],
  [
    'VMs that two services claim',
    `with claimed as (
       select binding ->> 'clusterId' as cluster_id, (binding ->> 'vmid')::int as vmid,
         string_agg(source_id::text, ', ' order by source_id) as services
       from migration_items where run_id = :runId and entity = 'service' and outcome = 'migrated'
       group by 1, 2 having count(*) > 1)
     update migration_items i set outcome = 'quarantined', code = 'vm_claimed_twice',
       message = 'services ' || c.services || ' claim VM ' || c.vmid || ' on ' || (i.binding ->> 'cluster'),
       target_id = null, change = null
     from claimed c
     where i.run_id = :runId and i.entity = 'service' and i.outcome = 'migrated'
       and i.binding ->> 'clusterId' = c.cluster_id and (i.binding ->> 'vmid')::int = c.vmid`,
  ],
  // As it was read, every row is new and has an id of its own.
  [
    'users whom Berth knows by their address',
    `update migration_items i set target_id = u.id from users u
     where i.run_id = :runId and i.outcome = 'migrated' and i.entity = 'user' and lower(u.email) = i.fields ->> 'email'`,
  ],
  [
    'what an earlier run has brought',
    `update migration_items i set target_id = p.target_id,
       change = case when p.fields_hash = i.fields_hash then 'unchanged' else 'changed' end
     from provenance p
     where i.run_id = :runId and i.outcome = 'migrated' and p.source = :source and p.entity = i.entity
       and p.source_id = i.source_id`,
  ],
  [
    'VMs that other servers of Berth have',
    quarantine(
      'vm_taken',
      `'VM ' || (i.binding ->> 'vmid') || ' on ' || (i.binding ->> 'cluster') || ' belongs to another server of Berth'`,
      `i.entity = 'service' and exists (
         select 1 from vmid_leases l where l.cluster_id = (i.binding ->> 'clusterId')::uuid
           and l.vmid = (i.binding ->> 'vmid')::int and l.server_id <> i.target_id
           and not exists (select 1 from migration_items o where o.run_id = :runId and o.entity = 'service'
             and o.outcome = 'migrated' and o.target_id = l.server_id))`,
    ),
  ],
  [
    'servers that Berth has deleted since',
    `update migration_items i set change = 'unchanged', warnings = array_append(i.warnings, 'deleted_in_berth')
     from servers s
     where i.run_id = :runId and i.entity = 'service' and i.outcome = 'migrated' and s.id = i.target_id
       and s.lifecycle in ('deleting', 'deleted') and not 'deleted_in_berth' = any(i.warnings)`,
  ],
];

export function createSettleRun({ database }: MigrationDeps) {
  /** Decides what takes a look at all rows together: doubles, dependencies, targets, changes. One transaction. */
  return async function settleRun({ runId }: RunInput): Promise<void> {
    const { source } = await MigrationRun.query(database).findById(runId).throwIfNotFound();
    await database.transaction(async (trx: Knex.Transaction) => {
      for (const [, sql] of STATEMENTS) await trx.raw(sql, { runId, source } as never);
    });
  };
}
