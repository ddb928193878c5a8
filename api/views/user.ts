import type { OpenSession } from '../../contract/account.ts';
import type { User } from '../../contract/auth.ts';
import type { Session } from '../../db/models/session.ts';
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

export function toOpenSessionView(session: Session, currentId: string): OpenSession {
  return {
    id: session.id,
    ip: session.ip,
    userAgent: session.userAgent,
    isCurrent: session.id === currentId,
    createdAt: session.createdAt.toISOString(),
    lastUsedAt: session.lastUsedAt?.toISOString() ?? null,
    expiresAt: session.expiresAt.toISOString(),
  };
}
