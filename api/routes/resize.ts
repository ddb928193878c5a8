import { ResizeServer } from '../../contract/server-changes.ts';
import { ACCEPTED, changeServer } from '../change-server.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { resizeServer } from '../resize-server.ts';

/** Giving a server another plan. */
export function resizeRoutes(
  deps: Pick<Deps, 'database' | 'temporal' | 'jwtSecret' | 'queuePrefix'>,
): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/servers/:id/resize',
      tag: 'Servers',
      summary:
        'Give a server another plan; its disk grows and never shrinks, `restartNeeded` says if it has to restart',
      auth: 'bearer',
      idempotent: true,
      params: ById,
      body: ResizeServer,
      answers: ACCEPTED,
      problems: [
        'not_found',
        'invalid_input',
        'server_busy',
        'invalid_state',
        'disk_shrink',
        'quota_exceeded',
        'no_capacity',
      ],
      async handle(ctx, { params: { id }, body }) {
        const user = currentUser(ctx);
        await changeServer(deps, ctx, body, async (trx) => resizeServer(trx, { ctx, user, id, input: body }));
      },
    }),
  ];
}
