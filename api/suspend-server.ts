import type { Knex } from 'knex';
import type { Context } from 'koa';
import type { SuspendServer } from '../contract/server-changes.ts';
import { Operation } from '../db/models/operation.ts';
import { Server } from '../db/models/server.ts';
import { audit } from './audit.ts';
import type { CurrentUser } from './current-user.ts';
import { InvalidState } from './errors.ts';
import type { Reply } from './idempotency.ts';
import { checkActionFits } from './power-action.ts';
import { acceptedReply, insertOperation, lockServer } from './request-operation.ts';
import { ServerBusy } from './server-busy.ts';
import { readServers } from './server-rows.ts';
import { toServerView } from './views/server.ts';
import { say } from '../contract/sayings.ts';

/** How long a guest may take to shut down before it is powered off. */
const TIMEOUT_SECONDS = 60;

interface Wish {
  ctx: Context;
  user: CurrentUser;
  id: string;
}

/** Requests a suspension; of a server that is suspended already only the reason changes, at once. */
export async function suspendServer(
  trx: Knex.Transaction,
  { ctx, user, id, input: { reason } }: Wish & { input: SuspendServer },
): Promise<Reply> {
  const server = await lockServer(trx, user, id);
  if (server.lifecycle === 'suspended') return changeReason(trx, { ctx, user, server, reason });
  const params = { reason, force: true, timeoutSeconds: TIMEOUT_SECONDS };
  const operationId = await insertOperation(trx, ctx, { user, server, type: 'suspend', params });
  checkActionFits(server);
  return acceptedReply(trx, id, operationId);
}

async function changeReason(
  trx: Knex.Transaction,
  { ctx, user, server, reason }: { ctx: Context; user: CurrentUser; server: Server; reason: string },
): Promise<Reply> {
  const { id, accountId, suspendReason: formerReason } = server;
  const live = await Operation.query(trx).where('serverId', id).modify('live').first();
  if (live) throw new ServerBusy(live, user.role);
  if (reason !== formerReason) {
    await Server.query(trx).findById(id).patch({ suspendReason: reason });
    const details = { reason, formerReason };
    await audit(trx, ctx, { userId: user.id, accountId, action: 'server.suspend', subjectId: id, details });
  }
  const [row] = await readServers(trx, [id]);
  if (!row) throw new Error(`server ${id} is not readable`);
  return { status: 200, location: null, body: toServerView(row) };
}

/** Requests that a suspension be lifted; throws InvalidState where there is none. */
export async function unsuspendServer(trx: Knex.Transaction, { ctx, user, id }: Wish): Promise<Reply> {
  const server = await lockServer(trx, user, id);
  const operationId = await insertOperation(trx, ctx, { user, server, type: 'unsuspend' });
  if (server.lifecycle !== 'suspended')
    throw new InvalidState(say('not_suspended', { server: server.name }), say('nothing_to_lift'));
  return acceptedReply(trx, id, operationId);
}
