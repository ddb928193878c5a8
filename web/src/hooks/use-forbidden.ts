import { t } from '@lingui/core/macro';
import type { User } from '../../../contract/auth.ts';
import { includes, PERMISSION_OF, type Permission } from '../../../contract/permissions.ts';
import { useUser } from './use-user.ts';

const why = (): string => t`Your role does not allow this. Ask an owner of the account for a role that does.`;

interface Held {
  id: string;
  accountId: string;
}

function may(user: User, server: Held, needed: Permission): boolean {
  if (user.role === 'admin') return true;
  const roles = [
    ...user.accounts.filter(({ id }) => id === server.accountId),
    ...user.grants.filter(({ serverId }) => serverId === server.id),
  ];
  return roles.some(({ role }) => includes(PERMISSION_OF[role], needed));
}

/** Tells why the one who looks may not do to a server what needs this permission; null when they may. */
export function useForbidden(): (server: Held, needed: Permission) => string | null {
  const user = useUser();
  return (server, needed) => (user && may(user, server, needed) ? null : why());
}

/** The accounts in which the one who looks may order servers; null for an administrator, who has none of their own. */
export function useOrderingAccounts(): User['accounts'] | null {
  const user = useUser();
  const accounts = user?.accounts.filter(({ role }) => includes(PERMISSION_OF[role], 'manage')) ?? [];
  return user?.role === 'admin' && accounts.length === 0 ? null : accounts;
}
