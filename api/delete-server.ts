import type { Knex } from 'knex';
import type { Context } from 'koa';
import { databaseTime } from '../db/database-time.ts';
import { Server } from '../db/models/server.ts';
import type { CurrentUser } from './current-user.ts';
import { Forbidden, ServerProtected } from './errors.ts';
import type { Reply } from './idempotency.ts';
import { acceptedReply, insertOperation, lockServer } from './request-operation.ts';
import { say } from '../contract/sayings.ts';

interface Deletion {
  ctx: Context;
  user: CurrentUser;
  id: string;
  graceHours: number;
  /** Without the grace period; for administrators. */
  isNow: boolean;
}

/** Requests a server's deletion, which erases nothing before the grace period has passed. */
export async function deleteServer(
  trx: Knex.Transaction,
  { ctx, user, id, graceHours, isNow }: Deletion,
): Promise<Reply> {
  if (isNow && user.role !== 'admin') throw new Forbidden(say('provider_deletes'));
  const server = await lockServer(trx, user, id);
  if (server.deleteProtection) throw new ServerProtected(server, 'delete');
  // Of a cancelled order there is nothing to give back.
  const graceMs = isNow || server.lifecycle === 'cancelled' ? 0 : graceHours * 3_600_000;
  const params = {
    previousLifecycle: server.lifecycle,
    ...(graceMs > 0
      ? { destroyAfter: new Date((await databaseTime(trx)).getTime() + graceMs).toISOString() }
      : {}),
  };
  const operationId = await insertOperation(trx, ctx, { user, server, type: 'terminate', params });
  await Server.query(trx).findById(id).patch({ lifecycle: 'deleting' });
  return acceptedReply(trx, id, operationId);
}
