import type { Knex } from 'knex';
import { databaseTime } from '../db/database-time.ts';
import { listAuditEntries } from './audit-rows.ts';
import type { CurrentUser } from './current-user.ts';

const MOST_AUDIT_ENTRIES = 100_000;

/** What is kept about a user besides secrets and hashes; each of these is one list of rows. */
const PARTS = {
  sessions: `select host(ip) as ip, user_agent as "userAgent", created_at as "createdAt", last_used_at as "lastUsedAt",
      expires_at as "expiresAt", revoked_at as "endedAt"
    from sessions where user_id = :userId and admin_id is null order by created_at`,
  apiTokens: `select name, hint, permission, is_staff as "isStaff", sources::text[], expires_at as "expiresAt",
      last_used_at as "lastUsedAt", host(last_used_ip) as "lastUsedIp", created_at as "createdAt", revoked_at as "revokedAt"
    from api_tokens where user_id = :userId order by created_at`,
  twoFactor: `select created_at as "createdAt", confirmed_at as "enabledAt" from two_factors where user_id = :userId`,
  passkeys: `select name, is_synced as "isSynced", created_at as "createdAt", last_used_at as "lastUsedAt"
    from passkeys where user_id = :userId order by created_at`,
  passwordLinks: `select created_at as "createdAt", expires_at as "expiresAt", used_at as "usedAt"
    from password_links where user_id = :userId order by created_at`,
  mails: `select language, created_at as "createdAt", outcome, settled_at as "settledAt"
    from mails where user_id = :userId order by created_at`,
  sshKeys: `select k.name, k.public_key as "publicKey", k.fingerprint, k.created_at as "createdAt", a.name as "accountName"
    from ssh_keys k join accounts a on a.id = k.account_id
    where k.account_id = any(:accountIds::uuid[]) order by k.created_at`,
  billing: `select to_jsonb(b) as billing from account_billing b where b.account_id = any(:accountIds::uuid[])`,
  servers: `select s.id, s.name, s.created_at as "createdAt", s.deleted_at as "deletedAt", a.name as "accountName"
    from servers s join accounts a on a.id = s.account_id
    where s.account_id = any(:accountIds::uuid[]) order by s.created_at`,
  operations: `select o.id, o.type, o.status, o.server_id as "serverId", o.created_at as "createdAt", o.finished_at as "finishedAt"
    from operations o where o.requested_by = :userId order by o.created_at`,
};

/** All that is kept about somebody, and about the accounts they own. */
export async function exportData(database: Knex, user: CurrentUser): Promise<object> {
  const owned = user.accounts.filter(({ role }) => role === 'owner');
  const bindings = { userId: user.id, accountIds: owned.map(({ id }) => id) };
  const parts: Record<string, object[]> = {};
  for (const [part, sql] of Object.entries(PARTS))
    parts[part] = (await database.raw<{ rows: object[] }>(sql, bindings)).rows;
  const { id, email, name, role, createdAt, accounts, grants } = user;
  return {
    exportedAt: await databaseTime(database),
    user: { id, email, name, role, createdAt },
    accounts,
    sharedServers: grants,
    ...parts,
    auditLog: await listAuditEntries(database, { id, accounts: owned }, { limit: MOST_AUDIT_ENTRIES }),
  };
}
