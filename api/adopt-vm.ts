import type { Knex } from 'knex';
import type { Context } from 'koa';
import type { AdoptVm, VmInspection } from '../contract/adoptions.ts';
import { ADOPTED_TAG } from '../contract/adoptions.ts';
import { Node } from '../db/models/node.ts';
import { Server } from '../db/models/server.ts';
import { previewAdoption, UNPLANNED } from './adoption-preview.ts';
import type { CurrentUser } from './current-user.ts';
import { AdoptionRefused, InvalidInput, issueOf } from './errors.ts';
import type { Reply } from './idempotency.ts';
import { acceptedReply, insertOperation } from './request-operation.ts';
import { say } from '../contract/sayings.ts';

interface Request {
  ctx: Context;
  user: CurrentUser;
  input: AdoptVm;
  /** Of this moment. */
  vm: VmInspection;
}

/** Records a server for a VM that is as it was shown, and the wish to bind it; else AdoptionRefused. */
export async function adoptVm(trx: Knex.Transaction, { ctx, user, input, vm }: Request): Promise<Reply> {
  const { clusterId, vmid, accountId, planId = null } = input;
  const { digest, record, obstacles } = await previewAdoption(trx, input, vm);
  const { name, vcpu, memoryMib, diskGib, os, addresses } = record;
  const [obstacle] = obstacles;
  if (obstacle) throw new AdoptionRefused(obstacle.problemSaid, obstacle.remedySaid);
  if (digest !== input.digest) {
    const remedy = say('preview_again');
    throw new AdoptionRefused(say('vm_not_as_shown', { vmid }), remedy);
  }
  const node = await Node.query(trx).findOne({ clusterId, name: vm.node });
  if (!node) throw new InvalidInput([issueOf('vmid', say('unknown_node', { node: vm.node }))]);
  const server = await Server.query(trx).insertAndFetch({
    accountId,
    // A missing name is an obstacle.
    name: name ?? '',
    clusterId,
    nodeId: node.id,
    planId,
    planName: UNPLANNED,
    templateId: null,
    os,
    hostname: vm.name,
    vcpu,
    memoryMib,
    diskGib,
    vmIdentity: { name: vm.name, uuid: vm.uuid },
    deleteProtection: true,
    createdBy: user.id,
  });
  const hadTag = vm.tags.includes(ADOPTED_TAG);
  const adoption = { vmid, configDigest: vm.configDigest, addresses, hadTag };
  const operationId = await insertOperation(trx, ctx, { user, server, type: 'adopt', params: { adoption } });
  return acceptedReply(trx, server.id, operationId);
}
