import type { Knex } from 'knex';
import type { Context } from 'koa';
import { AuditEntry } from '../db/models/audit-entry.ts';
import { clientIp } from './client-ip.ts';
import { callerOf } from './middleware/authenticate.ts';
import { requestIdOf } from './middleware/request-id.ts';

interface Deed {
  userId: string;
  accountId?: string | null;
  /** Subject and verb: `server.create`. */
  action: string;
  subjectId?: string;
  details?: Record<string, unknown>;
}

/** Writes who did what into the audit log, in the transaction that did it; the subject's type is the action's first word. */
export async function audit(trx: Knex, ctx: Context, deed: Deed): Promise<void> {
  const { userId, accountId = null, action, subjectId = null, details = {} } = deed;
  const caller = callerOf(ctx);
  await AuditEntry.query(trx).insert({
    userId,
    tokenId: caller?.token?.id ?? null,
    adminId: caller?.actingAdmin?.id ?? null,
    accountId,
    action,
    subjectType: action.split('.')[0] ?? null,
    subjectId,
    ip: clientIp(ctx),
    requestId: requestIdOf(ctx),
    details,
  });
}
