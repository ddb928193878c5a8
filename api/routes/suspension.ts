import { SuspendServer } from '../../contract/server-changes.ts';
import { Server as ServerView } from '../../contract/servers.ts';
import { ACCEPTED, changeServer } from '../change-server.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { suspendServer, unsuspendServer } from '../suspend-server.ts';

/** Taking servers away from their owners for a while, and giving them back. */
export function suspensionRoutes(
  deps: Pick<Deps, 'database' | 'temporal' | 'jwtSecret' | 'queuePrefix'>,
): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/servers/:id/suspend',
      tag: 'Servers',
      summary: 'Shut a server down and keep it down; its owner is told the reason',
      auth: 'admin',
      idempotent: true,
      params: ById,
      body: SuspendServer,
      answers: {
        ...ACCEPTED,
        200: { description: 'It was suspended already: only the reason has changed', schema: ServerView },
      },
      problems: ['not_found', 'invalid_input', 'server_busy', 'invalid_state'],
      async handle(ctx, { params: { id }, body }) {
        const user = currentUser(ctx);
        await changeServer(deps, ctx, body, (trx) => suspendServer(trx, { ctx, user, id, input: body }));
      },
    }),
    endpoint({
      method: 'post',
      path: '/servers/:id/unsuspend',
      tag: 'Servers',
      summary: 'Give a suspended server back, with the power state it had',
      auth: 'admin',
      idempotent: true,
      params: ById,
      answers: ACCEPTED,
      problems: ['not_found', 'server_busy', 'invalid_state'],
      async handle(ctx, { params: { id } }) {
        const user = currentUser(ctx);
        await changeServer(deps, ctx, null, (trx) => unsuspendServer(trx, { ctx, user, id }));
      },
    }),
  ];
}
