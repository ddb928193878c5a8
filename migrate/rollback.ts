import type { Knex } from 'knex';
import type { Database } from '../db/connect.ts';
import { MigrationRun } from '../db/models/migration-run.ts';
import { queryRows } from '../db/query-rows.ts';
import { RunRefused } from './run-refused.ts';

export interface RollbackResult {
  removed: Record<'user' | 'client' | 'service', number>;
  /** What stays, and why. */
  left: { entity: 'user' | 'client' | 'service'; sourceId: number; reason: string }[];
}

/** PostgreSQL ended this transaction because it and another waited for each other; nothing of it is left. */
const DEADLOCK = '40P01';
/** Servers are observed all the time, in another order. */
const ATTEMPTS = 5;

/** Why a server that a run added must stay; null when nobody has touched it since. */
const SERVER_TOUCHED = `case
  when exists (select 1 from operations o where o.server_id = s.id) then 'something was done to it in Berth'
  when s.lifecycle not in ('active', 'suspended') then 'it is ' || s.lifecycle || ' in Berth'
  when not s.delete_protection then 'its protection was lifted'
  when s.name <> coalesce(split_part(p.fields ->> 'hostname', '.', 1), 'vps-' || p.source_id) then 'it was renamed'
end`;

const USED = `case
  when exists (select 1 from sessions x where x.user_id = u.id) then 'the user has logged in'
  when u.password_hash like '$argon2%' then 'the user has set a password'
  when u.role = 'admin' then 'the user is an admin now'
  when exists (select 1 from operations o where o.requested_by = u.id)
    or exists (select 1 from servers o where o.created_by = u.id) then 'the user has changed something'
end`;

const USER_TOUCHED = `case
  when ${USED} is not null then ${USED}
  when exists (select 1 from memberships m where m.user_id = u.id) then 'the user is in an account that stays'
end`;

const ACCOUNT_TOUCHED = `case
  when exists (select 1 from servers s where s.account_id = a.id) then 'it has servers that stay'
  when exists (select 1 from audit_log l where l.account_id = a.id) then 'something was done in it'
  when exists (select 1 from ssh_keys k where k.account_id = a.id) then 'it has SSH keys'
  when exists (select 1 from memberships m where m.account_id = a.id
    and not exists (select 1 from provenance q join users u on u.id = q.target_id
      where q.source = p.source and q.entity = 'user' and q.target_id = m.user_id
        and (not q.is_ours or ${USED} is null)))
    then 'a member of it stays'
end`;

/**
 * Removes what a run added and nobody has touched since, in one transaction, and tells what stays. VMs are not touched:
 * binding has not changed them. `dryRun` undoes it all and tells the same. Throws RunRefused for a run that is under way,
 * was dry, or was rolled back before.
 */
export async function rollbackRun(
  database: Database,
  runId: string,
  { dryRun = false } = {},
): Promise<RollbackResult> {
  for (let attempt = 1; ; attempt += 1) {
    const trx = await database.transaction();
    try {
      const result = await rollback(trx, runId);
      await (dryRun ? trx.rollback() : trx.commit());
      return result;
    } catch (err) {
      await trx.rollback();
      if (attempt === ATTEMPTS || (err as { code?: string }).code !== DEADLOCK) throw err;
    }
  }
}

async function rollback(trx: Knex.Transaction, runId: string): Promise<RollbackResult> {
  const run = await MigrationRun.query(trx).findById(runId).forUpdate().throwIfNotFound();
  if (['pending', 'running', 'paused'].includes(run.status)) {
    throw new RunRefused('run_not_over', `run ${runId} is ${run.status}: cancel it first`);
  }
  const [left] = await queryRows(trx, 'select 1 from provenance where added_by = ? limit 1', [runId]);
  if (run.status === 'rolled_back' && !left)
    throw new RunRefused('run_over', `run ${runId} has been rolled back already`);
  if (run.dryRun) throw new RunRefused('run_over', `run ${runId} was a dry run: there is nothing to undo`);
  await trx.raw('select pg_advisory_xact_lock(hashtext(?))', [`migration ${run.source}`]);
  const removeAll = async (entity: 'user' | 'client' | 'service') => {
    const left = await queryRows<{ sourceId: number; reason: string }>(trx, MARK[entity], [runId]);
    const removed = await remove(trx, runId, entity);
    return { entity, left, removed };
  };
  await trx.raw(`set local berth.quiet = 'on'`);
  // Just loaded, nothing is known of them: without it 1,500 servers take more than a minute.
  await trx.raw('analyze provenance, users, accounts, memberships, servers');
  await trx.raw(
    'create temp table rollback_going (entity text, source_id bigint, target_id uuid, is_ours boolean) on commit drop',
  );
  const service = await removeAll('service');
  const client = await removeAll('client');
  const user = await removeAll('user');
  await MigrationRun.query(trx)
    .findById(runId)
    .patch({ status: 'rolled_back', finishedAt: run.finishedAt ?? new Date() });
  return {
    removed: { user: user.removed, client: client.removed, service: service.removed },
    left: [service, client, user].flatMap(({ entity, left }) => left.map((row) => ({ entity, ...row }))),
  };
}

/** Notes in a table of this transaction what goes, and answers what stays. */
const mark = (entity: string, table: string, alias: string, touched: string) => `
  with judged as (
    select p.source_id, p.target_id, p.is_ours, ${alias}.id is null as is_gone, ${touched} as reason
    from provenance p left join ${table} ${alias} on ${alias}.id = p.target_id
    where p.added_by = ? and p.entity = '${entity}'),
  noted as (
    insert into rollback_going (entity, source_id, target_id, is_ours)
    select '${entity}', source_id, target_id, is_ours and not is_gone from judged
    where is_gone or not is_ours or reason is null)
  select source_id::int as "sourceId", reason from judged
  where not is_gone and is_ours and reason is not null order by 1`;

const MARK = {
  service: mark('service', 'servers', 's', SERVER_TOUCHED),
  client: mark('client', 'accounts', 'a', ACCOUNT_TOUCHED),
  user: mark('user', 'users', 'u', USER_TOUCHED),
};

const going = (entity: string) =>
  `(select target_id from rollback_going where entity = '${entity}' and is_ours)`;

const REMOVE: Record<'user' | 'client' | 'service', string[]> = {
  service: [
    `delete from vmid_leases where server_id in ${going('service')}`,
    `delete from ip_leases where server_id in ${going('service')}`,
    `delete from servers where id in ${going('service')}`,
  ],
  client: [`delete from accounts where id in ${going('client')}`],
  user: [`delete from users where id in ${going('user')}`],
};

async function remove(
  trx: Knex.Transaction,
  runId: string,
  entity: 'user' | 'client' | 'service',
): Promise<number> {
  for (const sql of REMOVE[entity]) await trx.raw(sql);
  await trx.raw(
    `delete from provenance p using rollback_going g
     where g.entity = ? and p.added_by = ? and p.entity = g.entity and p.source_id = g.source_id
       and p.target_id = g.target_id`,
    [entity, runId],
  );
  const [row] = await queryRows<{ rows: number }>(
    trx,
    `select count(*)::int as rows from rollback_going where entity = ? and is_ours`,
    [entity],
  );
  return row?.rows ?? 0;
}
