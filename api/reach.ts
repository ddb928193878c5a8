import type { Knex } from 'knex';
import type { QueryBuilder, Model } from 'objection';
import { includes, PERMISSION_OF, type Permission } from '../contract/roles.ts';
import type { CurrentUser } from './current-user.ts';
import { Forbidden } from './errors.ts';
import { say } from '../contract/sayings.ts';

/** The servers somebody may do something to: those of some accounts, and some by themselves; null for all there are. */
export type Reach = { accountIds: string[]; serverIds: string[] } | null;

/** Where `user` may do what needs `permission`: nowhere when the API token in use does not go that far. */
export function reachOf(
  { role, accounts, grants, token }: Omit<CurrentUser, 'reach'>,
  permission: Permission,
): Reach {
  if (token && !includes(token.permission, permission)) return { accountIds: [], serverIds: [] };
  if (role === 'admin') return null;
  const may = (held: keyof typeof PERMISSION_OF) => includes(PERMISSION_OF[held], permission);
  return {
    accountIds: accounts.filter((account) => may(account.role)).map(({ id }) => id),
    serverIds: grants.filter((grant) => may(grant.role)).map(({ serverId }) => serverId),
  };
}

export const isWithin = (
  reach: Reach,
  { accountId, serverId }: { accountId: string; serverId: string },
): boolean => reach === null || reach.accountIds.includes(accountId) || reach.serverIds.includes(serverId);

export interface Condition {
  sql: string;
  bindings: Knex.RawBinding[];
}

/** The condition on rows that belong to an account and a server; null where there is none. */
export function withinReach(reach: Reach, accountColumn: string, serverColumn: string): Condition | null {
  if (reach === null) return null;
  const { accountIds, serverIds } = reach;
  // A plain `=` lets the ordered index deliver the page; `any` would sort all of the accounts' servers first.
  const [only] = accountIds;
  const ofAccounts: Condition =
    accountIds.length === 1 && only !== undefined
      ? { sql: `${accountColumn} = ?`, bindings: [only] }
      : { sql: `${accountColumn} = any(?::uuid[])`, bindings: [accountIds] };
  if (serverIds.length === 0) return ofAccounts;
  return {
    sql: `(${ofAccounts.sql} or ${serverColumn} = any(?::uuid[]))`,
    bindings: [...ofAccounts.bindings, serverIds],
  };
}

/**
 * The row that `find` looks for, when the caller may do to it what their request needs; else `missing`, or Forbidden
 * when they may look at it. `columns` are those of its account and its server.
 */
export async function findWithin<M extends Model>(
  find: () => QueryBuilder<M, M | undefined>,
  user: CurrentUser,
  { columns: [account, server], missing }: { columns: [account: string, server: string]; missing: Error },
): Promise<M> {
  const of = (reach: Reach) => {
    const condition = withinReach(reach, account, server);
    return condition ? find().whereRaw(condition.sql, condition.bindings) : find();
  };
  const row = await of(user.reach);
  if (row) return row as M; // the builder's type does not survive whereRaw
  if (user.reach && (await of(reachOf(user, 'view'))))
    throw new Forbidden(say('role_forbids'), say('ask_owner_for_role'));
  throw missing;
}
