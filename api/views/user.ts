import type { User } from '../../contract/auth.ts';
import type { CurrentUser } from '../current-user.ts';

export function toUserView(user: CurrentUser): User {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    accounts: user.accounts.map(({ id, name, role }) => ({ id, name, role })),
    grants: user.grants,
    actingAdmin: user.actingAdmin?.email ?? null,
    createdAt: user.createdAt.toISOString(),
  };
}
