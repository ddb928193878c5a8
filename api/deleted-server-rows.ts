import type { Knex } from 'knex';
import type { DeletedServer } from '../contract/servers.ts';
import { includes, PERMISSION_OF } from '../contract/roles.ts';
import { queryRows } from '../db/query-rows.ts';
import { actorFor } from './audit-rows.ts';
import type { CurrentUser } from './current-user.ts';
import { withinReach } from './reach.ts';

interface DeletedRow {
  id: string;
  name: string;
  accountId: string;
  accountName: string;
  planName: string | null;
  templateName: string | null;
  createdAt: Date;
  deletedAt: Date;
  deletedBy: {
    userId: string;
    actor: NonNullable<DeletedServer['deletedBy']>['actor'];
    email: string;
  } | null;
}

/** A deleted server the caller might have looked at, or undefined. Who deleted it is for those who may read that in the audit log. */
export async function findDeletedServer(
  database: Knex,
  user: CurrentUser,
  id: string,
): Promise<DeletedServer | undefined> {
  const within = withinReach(user.reach, 's.account_id', 's.id');
  const [row] = await queryRows<DeletedRow>(
    database,
    `select s.id, s.name, s.account_id as "accountId", ac.name as "accountName",
       coalesce(p.name, s.plan_name) as "planName", coalesce(t.name, s.os) as "templateName",
       s.created_at as "createdAt", s.deleted_at as "deletedAt", by.who as "deletedBy"
     from servers s
     join accounts ac on ac.id = s.account_id
     left join plans p on p.id = s.plan_id
     left join templates t on t.id = s.template_id
     left join lateral (
       select json_build_object('userId', u.id, 'actor', ${actorFor('?')}, 'email', coalesce(admin.email, u.email)) as who
       from audit_log a join users u on u.id = a.user_id left join users admin on admin.id = a.admin_id
       where a.account_id = s.account_id and a.subject_id = s.id and a.action = 'server.terminate'
       order by a.id desc limit 1
     ) by on true
     where s.id = ? and s.deleted_at is not null ${within ? `and ${within.sql}` : ''}`,
    [user.id, id, ...(within?.bindings ?? [])],
  );
  if (!row) return undefined;
  const { deletedBy, accountId, ...server } = row;
  return {
    ...server,
    createdAt: row.createdAt.toISOString(),
    deletedAt: row.deletedAt.toISOString(),
    deletedBy: deletedBy && toActor(user, accountId, deletedBy),
  };
}

/** As the audit log would show it to the caller; null when it would not. */
function toActor(
  { id, role, accounts }: CurrentUser,
  accountId: string,
  { userId, actor, email }: NonNullable<DeletedRow['deletedBy']>,
): DeletedServer['deletedBy'] {
  const isAdmin = role === 'admin';
  const manages = accounts.some(
    (account) => account.id === accountId && includes(PERMISSION_OF[account.role], 'manage'),
  );
  if (!isAdmin && !manages && userId !== id) return null;
  return { actor, name: actor === 'provider' && !isAdmin ? null : email };
}
