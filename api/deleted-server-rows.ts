import type { Knex } from 'knex';
import type { DeletedServer } from '../contract/servers.ts';
import { queryRows } from '../db/query-rows.ts';
import { actorFor } from './audit-rows.ts';
import type { CurrentUser } from './current-user.ts';
import { withinReach } from './reach.ts';

interface DeletedRow {
  id: string;
  name: string;
  accountName: string;
  planName: string | null;
  templateName: string | null;
  createdAt: Date;
  deletedAt: Date;
  deletedBy: { actor: NonNullable<DeletedServer['deletedBy']>['actor']; email: string } | null;
}

/** A deleted server the caller might have looked at, or undefined; the provider's people are named to themselves only. */
export async function findDeletedServer(
  database: Knex,
  user: CurrentUser,
  id: string,
): Promise<DeletedServer | undefined> {
  const within = withinReach(user.reach, 's.account_id', 's.id');
  const [row] = await queryRows<DeletedRow>(
    database,
    `select s.id, s.name, ac.name as "accountName",
       coalesce(p.name, s.plan_name) as "planName", coalesce(t.name, s.os) as "templateName",
       s.created_at as "createdAt", s.deleted_at as "deletedAt", by.who as "deletedBy"
     from servers s
     join accounts ac on ac.id = s.account_id
     left join plans p on p.id = s.plan_id
     left join templates t on t.id = s.template_id
     left join lateral (
       select json_build_object('actor', ${actorFor('?')}, 'email', coalesce(admin.email, u.email)) as who
       from audit_log a join users u on u.id = a.user_id left join users admin on admin.id = a.admin_id
       where a.server_id = s.id and a.action = 'server.terminate'
       order by a.id desc limit 1
     ) by on true
     where s.id = ? and s.deleted_at is not null ${within ? `and ${within.sql}` : ''}`,
    [user.id, id, ...(within?.bindings ?? [])],
  );
  if (!row) return undefined;
  const { deletedBy, ...server } = row;
  const isTold = deletedBy?.actor !== 'provider' || user.role === 'admin';
  return {
    ...server,
    createdAt: row.createdAt.toISOString(),
    deletedAt: row.deletedAt.toISOString(),
    deletedBy: deletedBy && { actor: deletedBy.actor, name: isTold ? deletedBy.email : null },
  };
}
