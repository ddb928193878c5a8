import type { Knex } from 'knex';
import type { Context } from 'koa';
import type { ResizeServer } from '../contract/server-changes.ts';
import { lackOf, roomToGrow } from '../db/capacity.ts';
import { Account } from '../db/models/account.ts';
import { Cluster } from '../db/models/cluster.ts';
import type { ServerSize } from '../db/models/operation.ts';
import { Plan } from '../db/models/plan.ts';
import type { CurrentUser } from './current-user.ts';
import { DiskShrink, InvalidInput, issueOf, NoCapacity, QuotaExceeded } from './errors.ts';
import type { Reply } from './idempotency.ts';
import { checkActionFits } from './power-action.ts';
import { acceptedReply, insertOperation, lockServer } from './request-operation.ts';
import { sayLack } from '../contract/lack.ts';
import { say } from '../contract/sayings.ts';

interface Wish {
  ctx: Context;
  user: CurrentUser;
  id: string;
  input: ResizeServer;
}

/** Requests another plan for a server: checks, and its pending `resize` with the numbers of both sizes, all in `trx`. */
export async function resizeServer(trx: Knex.Transaction, { ctx, user, id, input }: Wish): Promise<Reply> {
  const server = await lockServer(trx, user, id);
  const plan = await Plan.query(trx).findById(input.planId).where('enabled', true);
  if (!plan) throw new InvalidInput([issueOf('planId', say('no_such_plan'))]);
  const { planId, vcpu, memoryMib, diskGib } = server;
  const former: ServerSize = { planId, vcpu, memoryMib, diskGib };
  const target = {
    planId: plan.id,
    vcpu: plan.vcpu,
    memoryMib: plan.memoryMib,
    diskGib: input.keepDisk ? diskGib : plan.diskGib,
    networkMbps: plan.networkMbps,
  };
  // First the operation: a live one says more than the size it is changing.
  const operationId = await insertOperation(trx, ctx, {
    user,
    server,
    type: 'resize',
    params: { target, former },
  });
  checkActionFits(server);
  const account = await Account.query(trx).findById(server.accountId).throwIfNotFound();
  if (account.suspendedAt) throw new QuotaExceeded(say('account_suspended'), say('plans_stay_until'));
  if (isSame(former, target)) throw new InvalidInput([issueOf('planId', say('same_plan'))]);
  if (target.diskGib < diskGib) throw new DiskShrink({ plan: plan.diskGib, server: diskGib });
  // Two requests at once would both see the same room.
  await Cluster.query(trx).findById(server.clusterId).forNoKeyUpdate();
  const room = await roomToGrow(trx, id);
  const lack = room && lackOf(room, former, target);
  if (lack) {
    throw new NoCapacity(
      say('no_room_on_node', { server: server.name, lack: sayLack(lack) }),
      say('choose_smaller_or_move'),
    );
  }
  return acceptedReply(trx, id, operationId);
}

const isSame = (one: ServerSize, other: ServerSize): boolean =>
  one.planId === other.planId &&
  one.vcpu === other.vcpu &&
  one.memoryMib === other.memoryMib &&
  one.diskGib === other.diskGib;
