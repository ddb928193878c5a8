import type { Knex } from 'knex';
import { raw } from 'objection';
import type { Context } from 'koa';
import { cancelAt } from '../contract/operations.ts';
import { Operation } from '../db/models/operation.ts';
import { IpLease } from '../db/models/ip-lease.ts';
import { Secret } from '../db/models/secret.ts';
import { Server } from '../db/models/server.ts';
import { audit } from './audit.ts';
import type { CurrentUser } from './current-user.ts';
import type { Temporal } from './deps.ts';
import { Forbidden, NotCancellable, NotFound } from './errors.ts';
import type { Reply } from './idempotency.ts';
import { readOperations } from './operation-rows.ts';
import { tellWorkflow } from './operation-workflow.ts';
import { findWithin } from './reach.ts';
import { toOperationView } from './views/operation.ts';
import { say } from '../contract/sayings.ts';

/**
 * Records the wish to cancel. An operation nobody has claimed is cancelled on the spot: the claim and this update
 * want the same row, so a workflow that is about to claim it finds nothing and ends.
 */
export async function requestCancel(
  trx: Knex,
  { ctx, user, id }: { ctx: Context; user: CurrentUser; id: string },
): Promise<Reply> {
  const operation = await findWithin(() => Operation.query(trx).findById(id).forUpdate(), user, {
    columns: ['account_id', 'server_id'],
    missing: new NotFound(say('operation_unknown')),
  });
  const { possible, effect, by } = cancelAt(operation);
  if (by === 'admin' && user.role !== 'admin') throw new Forbidden(say('provider_cancels'));
  if (!possible) throw new NotCancellable(operation, effect);
  const now = raw('now()');
  const cancelRequestedAt = operation.cancelRequestedAt ?? now;
  if (operation.status === 'pending') {
    // First: a request that has locked the server waits for whoever changes its operation.
    await undoRequest(trx, operation);
    await Operation.query(trx)
      .findById(id)
      .patch({ status: 'cancelled', cancelRequestedAt, finishedAt: now });
  } else {
    await Operation.query(trx).findById(id).patch({ cancelRequestedAt });
  }
  const { accountId, serverId } = operation;
  await audit(trx, ctx, {
    userId: user.id,
    accountId,
    action: 'operation.cancel',
    subjectId: id,
    details: { serverId },
  });
  const [row] = await readOperations(trx, [id]);
  if (!row) throw new Error(`operation ${id} is not readable`);
  return { status: 202, location: `/operations/${id}`, body: toOperationView(row) };
}

/** Takes back what the request itself changed; nothing has happened on Proxmox yet. */
async function undoRequest(trx: Knex, { serverId, type, params }: Operation): Promise<void> {
  if (type === 'provision' || type === 'rebuild') {
    const server = await Server.query(trx).findById(serverId).throwIfNotFound();
    const secretIds = [server.passwordSecretId, server.userDataSecretId].filter((id) => id !== null);
    await server.$query(trx).patch({ passwordSecretId: null, userDataSecretId: null });
    await Secret.query(trx).delete().whereIn('id', secretIds);
  }
  if (type === 'provision') {
    await IpLease.query(trx).delete().where({ serverId });
    await Server.query(trx).findById(serverId).patch({ lifecycle: 'cancelled' });
  }
  if (type === 'terminate' && params.previousLifecycle) {
    await Server.query(trx).findById(serverId).patch({ lifecycle: params.previousLifecycle });
  }
  if (params.passwordSecretId) await Secret.query(trx).deleteById(params.passwordSecretId);
}

/** Passes the wish on to the operation's workflow, when it runs; rejects when Temporal cannot be reached. */
export async function cancelWorkflow(
  temporal: Temporal,
  operationId: string,
  serverId: string,
): Promise<void> {
  await tellWorkflow(temporal, { operationId, serverId }, (handle) => handle.cancel());
}
