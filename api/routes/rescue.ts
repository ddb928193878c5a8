import { Cluster } from '../../db/models/cluster.ts';
import { ACCEPTED, changeServer } from '../change-server.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { InRescue, InvalidState, RescueUnsupported } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { checkActionFits } from '../power-action.ts';
import { acceptedReply, insertOperation, lockServer } from '../request-operation.ts';
import { say } from '../../contract/sayings.ts';

/** The way into the rescue system and back. */
export function rescueRoutes(
  deps: Pick<Deps, 'database' | 'temporal' | 'jwtSecret' | 'queuePrefix'>,
): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/servers/:id/rescue',
      tag: 'Servers',
      summary: 'Boot a server from the rescue system, to mend the one on its disk',
      auth: 'bearer',
      permission: 'operate',
      idempotent: true,
      params: ById,
      answers: ACCEPTED,
      problems: ['not_found', 'server_busy', 'invalid_state', 'rescue_unsupported'],
      async handle(ctx, { params: { id } }) {
        const user = currentUser(ctx);
        await changeServer(deps, ctx, null, async (trx) => {
          const server = await lockServer(trx, user, id);
          const operationId = await insertOperation(trx, ctx, { user, server, type: 'rescue' });
          checkActionFits(server);
          if (server.rescue) throw new InRescue(server);
          const cluster = await Cluster.query(trx).findById(server.clusterId).throwIfNotFound();
          if (!cluster.rescueIso) throw new RescueUnsupported();
          return acceptedReply(trx, id, operationId);
        });
      },
    }),
    endpoint({
      method: 'delete',
      path: '/servers/:id/rescue',
      tag: 'Servers',
      summary: 'Leave the rescue system: boot a server from its disk again',
      auth: 'bearer',
      permission: 'operate',
      idempotent: true,
      params: ById,
      answers: ACCEPTED,
      problems: ['not_found', 'server_busy', 'invalid_state'],
      async handle(ctx, { params: { id } }) {
        const user = currentUser(ctx);
        await changeServer(deps, ctx, null, async (trx) => {
          const server = await lockServer(trx, user, id);
          const operationId = await insertOperation(trx, ctx, { user, server, type: 'leave_rescue' });
          checkActionFits(server);
          if (!server.rescue) {
            throw new InvalidState(say('not_in_rescue', { server: server.name }), say('nothing_to_leave'));
          }
          return acceptedReply(trx, id, operationId);
        });
      },
    }),
  ];
}
