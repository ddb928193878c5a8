import type { Knex } from 'knex';
import type { ListAccountsQuery, ListPeopleQuery, ManagedAccount, Person } from '../contract/people.ts';
import { queryRows } from '../db/query-rows.ts';
import type { PagePosition } from './cursor.ts';
import { likePattern } from './like-pattern.ts';

/** How users and accounts are sorted: the latest first. */
export const PEOPLE_SORT = '-createdAt';

type Times = 'createdAt' | 'disabledAt' | 'lastSeenAt' | 'suspendedAt';
type RowOf<View> = {
  [Key in keyof View]: Key extends Times ? Date | Extract<View[Key], null> : View[Key];
} & { sortValue: string };

export type PersonRow = RowOf<Person>;
export type ManagedAccountRow = RowOf<ManagedAccount>;

const PERSON = `
  select u.id, u.email, u.name, u.role, u.password_hash is not null as "hasPassword", u.disabled_at as "disabledAt",
    u.created_at as "createdAt", u.created_at::text as "sortValue",
    exists (select from two_factors f where f.user_id = u.id and f.confirmed_at is not null) as "hasTwoFactor",
    (select count(*)::int from passkeys k where k.user_id = u.id) as passkeys,
    (select max(coalesce(s.last_used_at, s.created_at)) from sessions s
     where s.user_id = u.id and s.admin_id is null) as "lastSeenAt",
    coalesce((
      select json_agg(json_build_object('id', a.id, 'name', a.name, 'role', m.role) order by a.name, a.id)
      from memberships m join accounts a on a.id = m.account_id where m.user_id = u.id
    ), '[]') as accounts
  from users u`;

const ACCOUNT = `
  select a.id, a.name, a.max_servers as "maxServers", a.suspended_at as "suspendedAt", a.created_at as "createdAt",
    a.created_at::text as "sortValue",
    (select count(*)::int from servers s where s.account_id = a.id and s.deleted_at is null
      and s.lifecycle <> 'cancelled') as servers,
    coalesce((
      select json_agg(json_build_object('id', u.id, 'email', u.email, 'role', m.role) order by u.email)
      from memberships m join users u on u.id = m.user_id where m.account_id = a.id
    ), '[]') as members
  from accounts a`;

const FOUND_PERSON = `(lower(t.email) like ? or lower(t.name) like ? or exists (
  select from memberships m join accounts a on a.id = m.account_id where m.user_id = t.id and lower(a.name) like ?))`;
const FOUND_ACCOUNT = `(lower(t.name) like ? or exists (
  select from memberships m join users u on u.id = m.user_id where m.account_id = t.id and lower(u.email) like ?))`;

/** One page of users, the latest first, plus one row when there is more. */
export async function listPeople(
  database: Knex,
  { search, limit }: ListPeopleQuery,
  position: PagePosition | null,
): Promise<PersonRow[]> {
  const found = search ? { sql: FOUND_PERSON, pattern: likePattern(search), times: 3 } : null;
  const page = pageOf('users', found, { limit, position });
  return queryRows(database, `${PERSON} where u.id in (${page.sql}) order by u.created_at desc, u.id desc`, [
    ...page.bindings,
  ]);
}

/** The same of accounts. */
export async function listAccounts(
  database: Knex,
  { search, limit }: ListAccountsQuery,
  position: PagePosition | null,
): Promise<ManagedAccountRow[]> {
  const found = search ? { sql: FOUND_ACCOUNT, pattern: likePattern(search), times: 2 } : null;
  const page = pageOf('accounts', found, { limit, position });
  return queryRows(database, `${ACCOUNT} where a.id in (${page.sql}) order by a.created_at desc, a.id desc`, [
    ...page.bindings,
  ]);
}

/** The page is chosen first, so that memberships and servers are counted for its rows only. */
function pageOf(
  table: 'users' | 'accounts',
  found: { sql: string; pattern: string; times: number } | null,
  { limit, position }: { limit: number; position: PagePosition | null },
) {
  const conditions = [
    'true',
    ...(found ? [found.sql] : []),
    ...(position ? ['(t.created_at, t.id) < (?::timestamptz, ?::uuid)'] : []),
  ];
  return {
    sql: `select t.id from ${table} t where ${conditions.join(' and ')} order by t.created_at desc, t.id desc limit ?`,
    bindings: [
      ...(found ? Array.from({ length: found.times }, () => found.pattern) : []),
      ...(position ? [position.value, position.id] : []),
      limit + 1,
    ],
  };
}

export async function readPerson(trx: Knex, id: string): Promise<PersonRow | undefined> {
  return (await queryRows<PersonRow>(trx, `${PERSON} where u.id = ?`, [id]))[0];
}

export async function readAccount(trx: Knex, id: string): Promise<ManagedAccountRow | undefined> {
  return (await queryRows<ManagedAccountRow>(trx, `${ACCOUNT} where a.id = ?`, [id]))[0];
}
