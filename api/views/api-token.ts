import type { ApiToken } from '../../contract/account.ts';
import type { ApiToken as ApiTokenRow } from '../../db/models/api-token.ts';

export function toApiTokenView(row: ApiTokenRow): ApiToken {
  const { id, name, hint, permission, isStaff, sources, lastUsedIp } = row;
  return {
    id,
    name,
    hint,
    permission,
    isStaff,
    sources,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    lastUsedIp,
    createdAt: row.createdAt.toISOString(),
  };
}
