import type { Knex } from 'knex';
import type { AuditEntry, AuditFilter } from '../contract/audit-log.ts';
import { includes, PERMISSION_OF } from '../contract/roles.ts';
import type { CurrentUser } from './current-user.ts';
import { reachOf } from './reach.ts';
import { isServerWithin } from './server-rows.ts';

type AuditRow = Omit<AuditEntry, 'at'> & { at: Date };

/** Who did what stands in `audit_log a`, by its user `u`, to the reader with this id. */
export const actorFor = (reader: string): string => `
  case
    when a.admin_id is not null then 'provider'
    when a.user_id = ${reader} then 'you'
    when exists (select from memberships m where m.user_id = a.user_id and m.account_id = a.account_id) then 'member'
    when u.role = 'customer' then 'member'
    else 'provider'
  end`;

/**
 * Entries of `audit_log a` as their reader may see them. What the provider's people do is shown to customers as the
 * provider's: who they are and where they sit is nobody's business (`isTold`). Where a deed came from, by which token,
 * and what it tells of anything but the server is for whoever manages it, and of their own deeds for everybody (`isWhole`).
 */
const selectEntries = (where: string, filter = 'true'): string => `
  select e.id::text, e.at, e.action, e.actor,
    case when e."isTold" then e.email end as "actorName",
    e."accountName", e."serverId", e."serverName", e."operationId",
    case when e."isWhole" then e."tokenName" end as "tokenName",
    case when e."isWhole" then host(e.ip) end as ip,
    e.request_id as "requestId",
    case when e."isWhole" or e."isTold" and e.subject_type in ('server', 'operation') then e.details else '{}' end as details
  from (
    select seen.*, seen."isTold" and (seen.actor = 'you' or :managesAll) as "isWhole"
    from (
      select known.*, known.actor <> 'provider' or :isStaff as "isTold"
      from (
        select a.*, coalesce(admin.email, u.email) as email, acc.name as "accountName", s.id as "serverId",
          s.name as "serverName", t.name as "tokenName", ${actorFor(':userId')} as actor,
          case when a.subject_type = 'operation' then a.subject_id else (a.details ->> 'operationId')::uuid end as "operationId"
        from audit_log a
        left join users u on u.id = a.user_id
        left join users admin on admin.id = a.admin_id
        left join accounts acc on acc.id = a.account_id
        left join api_tokens t on t.id = a.token_id
        left join servers s on s.id = a.server_id
        where (${where}) and (:before::bigint is null or a.id < :before::bigint)
      ) known
    ) seen
  ) e
  where ${filter}
  order by e.id desc limit :limit`;

const OF_READER = selectEntries(
  `(a.user_id = :userId or a.account_id = any(:accountIds::uuid[])
      or (a.subject_id = :userId and a.subject_type in ('user', 'session', 'two_factor', 'passkey')))
    and (:since::timestamptz is null or a.at >= :since::timestamptz)
    and (:until::timestamptz is null or a.at < :until::timestamptz)`,
  `(:actor::text is null or e.actor = :actor::text)
    and (:search::text is null or strpos(lower(concat_ws(' ', e.action, e."serverName", e."accountName",
      case when e."isWhole" then concat_ws(' ', e.email, e."tokenName", host(e.ip)) end)), lower(:search::text)) > 0)`,
);
const OF_SERVER = selectEntries('a.server_id = :serverId');

interface Page {
  limit: number;
  before?: string | undefined;
}

/**
 * What somebody did, what was done to them, and all that happened in accounts they manage; the latest first, of those
 * older than the entry `before` what the filter lets through.
 */
export async function listAuditEntries(
  database: Knex,
  { id: userId, accounts }: Pick<CurrentUser, 'id' | 'accounts'>,
  { limit, before, actor, search, since, until }: AuditFilter & Page,
): Promise<AuditEntry[]> {
  const accountIds = accounts
    .filter(({ role }) => includes(PERMISSION_OF[role], 'manage'))
    .map(({ id }) => id);
  return readEntries(database, OF_READER, {
    userId,
    isStaff: false,
    managesAll: true,
    accountIds,
    limit,
    before: before ?? null,
    actor: actor ?? null,
    search: search ?? null,
    since: since ?? null,
    until: until ?? null,
  });
}

/** What was done to a server, the latest first; undefined when there is, and was, none that the caller may see. */
export async function listServerAuditEntries(
  database: Knex,
  user: CurrentUser,
  serverId: string,
  { limit, before }: Page,
): Promise<AuditEntry[] | undefined> {
  const [mayLook, managesAll] = await Promise.all([
    isServerWithin(database, user.reach, serverId),
    isServerWithin(database, reachOf(user, 'manage'), serverId),
  ]);
  if (!mayLook) return undefined;
  const reader = { userId: user.id, isStaff: user.role === 'admin', managesAll };
  return readEntries(database, OF_SERVER, { ...reader, serverId, limit, before: before ?? null });
}

async function readEntries(
  database: Knex,
  sql: string,
  bindings: Record<string, Knex.RawBinding>,
): Promise<AuditEntry[]> {
  const { rows } = await database.raw<{ rows: AuditRow[] }>(sql, bindings);
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
