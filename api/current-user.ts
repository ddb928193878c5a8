import type { Knex } from 'knex';
import type { AccountRole, GrantRole, Permission } from '../contract/roles.ts';
import { queryRowsPrepared } from '../db/query-rows.ts';
import { reachOf, type Reach } from './reach.ts';

export interface CurrentUser {
  id: string;
  email: string;
  name: string;
  /** That of a customer, too, while an administrator uses an API token that is not for administration. */
  role: 'customer' | 'admin';
  createdAt: Date;
  /** Null for an API token. */
  sessionId: string | null;
  /** It was last used more than a minute ago, as far as its row says. */
  isSessionStale: boolean;
  /** Oldest membership first: the first one is where new servers go unless they say otherwise. */
  accounts: { id: string; name: string; role: AccountRole }[];
  /** Single servers of other accounts. */
  grants: { serverId: string; role: GrantRole }[];
  /** What the API token in use may do at most; null in a session. */
  token: { id: string; permission: Permission } | null;
  /** The administrator who is looking through this user's eyes. */
  actingAdmin: { id: string; email: string } | null;
  /** Where the caller may do what this request needs. */
  reach: Reach;
}

const USER = `
  u.id, u.email, u.name, u.created_at as "createdAt",
    coalesce((
      select json_agg(json_build_object('id', a.id, 'name', a.name, 'role', m.role) order by m.created_at, a.id)
      from memberships m join accounts a on a.id = m.account_id where m.user_id = u.id
    ), '[]') as accounts,
    coalesce((
      select json_agg(json_build_object('serverId', g.server_id, 'role', g.role))
      from server_grants g where g.user_id = u.id
    ), '[]') as grants`;

const OF_SESSION = `
  select ${USER}, u.role, s.id as "sessionId", null as token,
    coalesce(s.last_used_at < now() - interval '1 minute', true) as "isSessionStale",
    case when ad.id is not null then json_build_object('id', ad.id, 'email', ad.email) end as "actingAdmin"
  from sessions s join users u on u.id = s.user_id left join users ad on ad.id = s.admin_id
  where s.id = ? and s.revoked_at is null and s.expires_at > now() and u.disabled_at is null
    and (s.admin_id is null or (ad.role = 'admin' and ad.disabled_at is null))`;

const OF_TOKEN = `
  select ${USER}, case when t.is_staff then u.role else 'customer' end as role, null as "sessionId",
    false as "isSessionStale", null as "actingAdmin",
    json_build_object('id', t.id, 'permission', t.permission) as token
  from api_tokens t join users u on u.id = t.user_id
  where t.token_hash = ? and t.revoked_at is null and (t.expires_at is null or t.expires_at > now())
    and (t.sources is null or ?::inet <<= any(t.sources)) and u.disabled_at is null`;

type UserRow = Omit<CurrentUser, 'reach'>;

/** The user behind a session, or undefined when the session has ended or the user was disabled. */
export async function findCurrentUser(
  database: Knex,
  sessionId: string,
  permission: Permission = 'view',
): Promise<CurrentUser | undefined> {
  const [user] = await queryRowsPrepared<UserRow>(database, OF_SESSION, [sessionId]);
  return user && { ...user, reach: reachOf(user, permission) };
}

/** The user behind an API token, or undefined when it is not good any more or not from this address. */
export async function findUserOfToken(
  database: Knex,
  { tokenHash, ip, permission }: { tokenHash: string; ip: string; permission: Permission },
): Promise<CurrentUser | undefined> {
  const [user] = await queryRowsPrepared<UserRow>(database, OF_TOKEN, [tokenHash, ip]);
  return user && { ...user, reach: reachOf(user, permission) };
}
