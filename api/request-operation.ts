import type { Knex } from 'knex';
import type { Context } from 'koa';
import type { OperationType } from '../contract/operation-table.ts';
import type { OperationParams } from '../db/models/operation.ts';
import { Operation } from '../db/models/operation.ts';
import { Server } from '../db/models/server.ts';
import { queryRows } from '../db/query-rows.ts';
import { audit } from './audit.ts';
import type { CurrentUser } from './current-user.ts';
import { NotFound } from './errors.ts';
import type { Reply } from './idempotency.ts';
import { requestIdOf } from './middleware/request-id.ts';
import { findWithin } from './reach.ts';
import { readOperations } from './operation-rows.ts';
import { ServerBusy } from './server-busy.ts';
import { readServers } from './server-rows.ts';
import { toOperationView } from './views/operation.ts';
import { toServerView } from './views/server.ts';
import { say } from '../contract/sayings.ts';

/** Finds a living server the caller may change and locks its row, so that its lifecycle stays what it is. */
export async function lockServer(trx: Knex, user: CurrentUser, id: string): Promise<Server> {
  return findWithin(() => Server.query(trx).findById(id).whereNull('deletedAt').forNoKeyUpdate(), user, {
    columns: ['account_id', 'id'],
    missing: new NotFound(say('server_unknown')),
  });
}

/**
 * Records a requested change as a pending operation; the partial unique index lets only one live operation in per
 * server, and the loser learns which one is in its way (ServerBusy).
 */
export async function insertOperation(
  trx: Knex,
  ctx: Context,
  {
    user,
    server,
    type,
    params = {},
  }: { user: CurrentUser; server: Server; type: OperationType; params?: OperationParams },
): Promise<string> {
  for (;;) {
    const [inserted] = await queryRows<{ id: string }>(
      trx,
      `insert into operations (server_id, account_id, type, params, requested_by, request_id) values (?, ?, ?, ?, ?, ?)
       on conflict (server_id) where status in ('pending', 'running', 'needs_attention') do nothing returning id`,
      [server.id, server.accountId, type, JSON.stringify(params), user.id, requestIdOf(ctx)],
    );
    if (inserted) {
      const subject = { accountId: server.accountId, subjectId: server.id };
      await audit(trx, ctx, {
        userId: user.id,
        action: `server.${type}`,
        ...subject,
        details: { operationId: inserted.id },
      });
      return inserted.id;
    }
    const live = await Operation.query(trx).where('serverId', server.id).modify('live').first();
    // It may have ended between the two statements: then there is room now.
    if (live) throw new ServerBusy(live, user.role);
  }
}

/** The answer to every accepted change: 202 with the server and the operation as they are in this transaction. */
export async function acceptedReply(trx: Knex, serverId: string, operationId: string): Promise<Reply> {
  const [server] = await readServers(trx, [serverId]);
  const [operation] = await readOperations(trx, [operationId]);
  if (!server || !operation)
    throw new Error(`server ${serverId} or operation ${operationId} is not readable`);
  return {
    status: 202,
    location: `/operations/${operationId}`,
    body: { server: toServerView(server), operation: toOperationView(operation) },
  };
}
