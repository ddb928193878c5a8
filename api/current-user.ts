import type { Knex } from 'knex';
import { queryRowsPrepared } from '../db/query-rows.ts';

export interface CurrentUser {
  id: string;
  email: string;
  name: string;
  role: 'customer' | 'admin';
  createdAt: Date;
  sessionId: string;
  /** Oldest membership first: the first one is where new servers go. */
  accounts: { id: string; name: string; role: 'owner' | 'member' }[];
}

const CURRENT_USER = `
  select u.id, u.email, u.name, u.role, u.created_at as "createdAt", s.id as "sessionId",
    coalesce((
      select json_agg(json_build_object('id', a.id, 'name', a.name, 'role', m.role) order by m.created_at, a.id)
      from memberships m join accounts a on a.id = m.account_id where m.user_id = u.id
    ), '[]') as accounts
  from sessions s join users u on u.id = s.user_id
  where s.id = ? and s.revoked_at is null and s.expires_at > now() and u.disabled_at is null`;

/** The user behind a session, or undefined when the session has ended or the user was disabled. */
export async function findCurrentUser(database: Knex, sessionId: string): Promise<CurrentUser | undefined> {
  const [user] = await queryRowsPrepared<CurrentUser>(database, CURRENT_USER, [sessionId]);
  return user;
}

/** The accounts whose servers this user may see; null for all of them. */
export function visibleAccounts(user: CurrentUser): string[] | null {
  return user.role === 'admin' ? null : user.accounts.map((account) => account.id);
}
