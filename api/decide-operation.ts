import type { Knex } from 'knex';
import { raw } from 'objection';
import type { Context } from 'koa';
import { decisionsAt, type Decision } from '../contract/operations.ts';
import { DECISION_SIGNAL } from '../contract/temporal.ts';
import { Operation } from '../db/models/operation.ts';
import { audit } from './audit.ts';
import type { CurrentUser } from './current-user.ts';
import type { Temporal } from './deps.ts';
import { Forbidden, NotFound, NotPaused } from './errors.ts';
import type { Reply } from './idempotency.ts';
import { readOperations } from './operation-rows.ts';
import { tellWorkflow } from './operation-workflow.ts';
import { findWithin } from './reach.ts';
import { toOperationView } from './views/operation.ts';
import { say } from '../contract/sayings.ts';

interface Wish {
  ctx: Context;
  user: CurrentUser;
  id: string;
  decision: Decision;
}

/** Records what is to become of an operation that needs attention; its workflow takes it from the record. */
export async function recordDecision(trx: Knex, { ctx, user, id, decision }: Wish): Promise<Reply> {
  const operation = await findWithin(() => Operation.query(trx).findById(id).forUpdate(), user, {
    columns: ['account_id', 'server_id'],
    missing: new NotFound(say('operation_unknown')),
  });
  const offered = decisionsAt(operation).find((one) => one.decision === decision);
  if (!offered) throw new NotPaused(operation, decision);
  if (offered.by === 'admin' && user.role !== 'admin') throw new Forbidden(say('provider_decides'));
  await Operation.query(trx)
    .findById(id)
    .patch({ decision, decidedAt: raw('now()'), decidedBy: user.id });
  const { accountId, serverId, step } = operation;
  await audit(trx, ctx, {
    userId: user.id,
    accountId,
    action: `operation.${decision}`,
    subjectId: id,
    details: { serverId, step },
  });
  const [row] = await readOperations(trx, [id]);
  if (!row) throw new Error(`operation ${id} is not readable`);
  return { status: 202, location: `/operations/${id}`, body: toOperationView(row) };
}

/** Tells the operation's workflow to look at the record; rejects when Temporal cannot be reached. */
export async function signalDecision(
  temporal: Temporal,
  operationId: string,
  serverId: string,
): Promise<void> {
  await tellWorkflow(temporal, { operationId, serverId }, (handle) => handle.signal(DECISION_SIGNAL));
}
