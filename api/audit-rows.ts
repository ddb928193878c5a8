import type { Knex } from 'knex';
import type { AuditEntry, AuditFilter } from '../contract/audit-log.ts';
import { includes, PERMISSION_OF } from '../contract/roles.ts';
import type { CurrentUser } from './current-user.ts';

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

/** What the provider's people do is shown as the provider's: who they are and where they sit is nobody's business. */
const ENTRIES = `
  select e.id::text, e.at, e.action, e.actor,
    case when e.actor <> 'provider' then e.email end as "actorName",
    e."accountName", e."serverId", e."serverName",
    case when e.actor <> 'provider' then e."tokenName" end as "tokenName",
    case when e.actor <> 'provider' then host(e.ip) end as ip,
    e.request_id as "requestId", case when e.actor <> 'provider' then e.details else '{}' end as details
  from (
    select a.*, u.email, acc.name as "accountName", s.id as "serverId", s.name as "serverName", t.name as "tokenName",
      ${actorFor(':userId')} as actor
    from audit_log a
    left join users u on u.id = a.user_id
    left join accounts acc on acc.id = a.account_id
    left join api_tokens t on t.id = a.token_id
    left join operations o on a.subject_type = 'operation' and o.id = a.subject_id
    left join servers s on s.id = coalesce(o.server_id, case when a.subject_type = 'server' then a.subject_id end)
    where (a.user_id = :userId or a.account_id = any(:accountIds::uuid[])
        or (a.subject_id = :userId and a.subject_type in ('user', 'session', 'two_factor', 'passkey')))
      and (:before::bigint is null or a.id < :before::bigint)
      and (:since::timestamptz is null or a.at >= :since::timestamptz)
      and (:until::timestamptz is null or a.at < :until::timestamptz)
  ) e
  where (:actor::text is null or e.actor = :actor::text)
    and (:search::text is null or strpos(lower(concat_ws(' ', e.action, e."serverName", e."accountName",
      case when e.actor <> 'provider' then concat_ws(' ', e.email, e."tokenName", host(e.ip)) end)), lower(:search::text)) > 0)
  order by e.id desc limit :limit`;

interface AuditWish extends AuditFilter {
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
  { limit, before, actor, search, since, until }: AuditWish,
): Promise<AuditEntry[]> {
  const accountIds = accounts
    .filter(({ role }) => includes(PERMISSION_OF[role], 'manage'))
    .map(({ id }) => id);
  const { rows } = await database.raw<{ rows: AuditRow[] }>(ENTRIES, {
    userId,
    accountIds,
    limit,
    before: before ?? null,
    actor: actor ?? null,
    search: search ?? null,
    since: since ?? null,
    until: until ?? null,
  });
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
