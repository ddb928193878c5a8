import { ServerAction } from '../../contract/servers.ts';
import { Server } from '../../db/models/server.ts';
import { ACCEPTED, changeServer } from '../change-server.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { checkActionFits, paramsOfAction } from '../power-action.ts';
import { acceptedReply, insertOperation, lockServer } from '../request-operation.ts';

/** What changes a server that exists. */
export function serverActionRoutes(
  deps: Pick<Deps, 'database' | 'temporal' | 'jwtSecret' | 'queuePrefix'>,
): Endpoint[] {
  return [
    endpoint({
      method: 'delete',
      path: '/servers/:id',
      tag: 'Servers',
      summary: 'Delete a server with its disks and addresses, whatever state it is in',
      auth: 'bearer',
      idempotent: true,
      params: ById,
      answers: ACCEPTED,
      problems: ['not_found', 'server_busy'],
      async handle(ctx, { params: { id } }) {
        const user = currentUser(ctx);
        await changeServer(deps, ctx, null, async (trx) => {
          const server = await lockServer(trx, user, id);
          const params = { previousLifecycle: server.lifecycle };
          const operationId = await insertOperation(trx, ctx, { user, server, type: 'terminate', params });
          await Server.query(trx).findById(id).patch({ lifecycle: 'deleting' });
          return acceptedReply(trx, id, operationId);
        });
      },
    }),
    endpoint({
      method: 'post',
      path: '/servers/:id/actions',
      tag: 'Servers',
      summary: 'Start, shut down, stop, reboot or reset a server',
      auth: 'bearer',
      idempotent: true,
      params: ById,
      body: ServerAction,
      answers: ACCEPTED,
      problems: ['not_found', 'invalid_input', 'server_busy', 'invalid_state'],
      async handle(ctx, { params: { id }, body }) {
        const user = currentUser(ctx);
        const params = paramsOfAction(body);
        await changeServer(deps, ctx, body, async (trx) => {
          const server = await lockServer(trx, user, id);
          // First the operation: a live one says more than the state it has brought about.
          const operationId = await insertOperation(trx, ctx, { user, server, type: body.action, params });
          checkActionFits(server);
          return acceptedReply(trx, id, operationId);
        });
      },
    }),
  ];
}
