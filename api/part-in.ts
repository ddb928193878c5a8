import { includes, PERMISSION_OF, type AccountRole } from '../contract/roles.ts';
import type { CurrentUser } from './current-user.ts';
import { Forbidden, NotFound } from './errors.ts';
import { say } from '../contract/sayings.ts';

/** The caller's role in an account; NotFound where they take no part, Forbidden where it is less than `least`. */
export function partIn(user: CurrentUser, id: string, least: AccountRole = 'viewer'): AccountRole {
  const role = user.reach === null ? 'owner' : user.accounts.find((account) => account.id === id)?.role;
  if (!role) throw new NotFound(say('account_unknown'));
  if (!includes(PERMISSION_OF[role], PERMISSION_OF[least]))
    throw new Forbidden(say('role_forbids'), say('ask_owner_for_role'));
  return role;
}

/** Nobody gives away more than they have. */
export function requireAtLeast(user: CurrentUser, id: string, role: AccountRole): void {
  if (!includes(PERMISSION_OF[partIn(user, id, 'admin')], PERMISSION_OF[role]))
    throw new Forbidden(say('owner_makes', { role }));
}
