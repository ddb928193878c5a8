import { DeleteServerQuery } from '../../contract/server-changes.ts';
import { Server as ServerView, ServerAction, UpdateServer } from '../../contract/servers.ts';
import { ACCEPTED, changeServer } from '../change-server.ts';
import { deleteServer } from '../delete-server.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { mutate, sendReply } from '../idempotency.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { checkActionFits, paramsOfAction } from '../power-action.ts';
import { acceptedReply, insertOperation, lockServer } from '../request-operation.ts';
import { readSettings, type SettingsDeps } from '../settings.ts';
import { updateServer } from '../update-server.ts';

/** What changes a server that exists. */
export function serverActionRoutes(
  deps: Pick<Deps, 'database' | 'temporal' | 'jwtSecret' | 'queuePrefix'> & SettingsDeps,
): Endpoint[] {
  return [
    updateEndpoint(deps),
    endpoint({
      method: 'delete',
      path: '/servers/:id',
      tag: 'Servers',
      summary: 'Delete a server with its disks and addresses, whatever state it is in',
      auth: 'bearer',
      idempotent: true,
      params: ById,
      query: DeleteServerQuery,
      answers: ACCEPTED,
      problems: ['not_found', 'forbidden', 'server_protected', 'server_busy'],
      async handle(ctx, { params: { id }, query: { now: isNow } }) {
        const user = currentUser(ctx);
        // Part of what an Idempotency-Key stands for, which a path without its query is not.
        const body = isNow ? { now: true } : null;
        await changeServer(deps, ctx, body, async (trx) => {
          const { deleteGraceHours } = await readSettings(trx, deps);
          return deleteServer(trx, { ctx, user, id, graceHours: deleteGraceHours.value, isNow });
        });
      },
    }),
    endpoint({
      method: 'post',
      path: '/servers/:id/actions',
      tag: 'Servers',
      summary: 'Start, shut down, stop, reboot or reset a server',
      auth: 'bearer',
      permission: 'operate',
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

function updateEndpoint({ database, jwtSecret }: Pick<Deps, 'database' | 'jwtSecret'>): Endpoint {
  return endpoint({
    method: 'patch',
    path: '/servers/:id',
    tag: 'Servers',
    summary: 'Rename a server, label it, or protect it against deletion or rebuilding',
    auth: 'bearer',
    permission: 'operate',
    idempotent: true,
    params: ById,
    body: UpdateServer,
    answers: { 200: { description: 'The server as it is now', schema: ServerView } },
    problems: ['not_found', 'invalid_input', 'invalid_state'],
    async handle(ctx, { params: { id }, body }) {
      const user = currentUser(ctx);
      const mutation = { userId: user.id, hashKey: jwtSecret, body };
      const { reply } = await mutate(database, ctx, mutation, async (trx) =>
        updateServer(trx, { ctx, user, id, input: body }),
      );
      sendReply(ctx, reply);
    },
  });
}
