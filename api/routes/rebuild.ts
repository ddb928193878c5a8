import { RebuildServer } from '../../contract/server-changes.ts';
import { ACCEPTED, changeServer } from '../change-server.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { rebuildServer } from '../rebuild-server.ts';

/** Building a server anew. */
export function rebuildRoutes(
  deps: Pick<Deps, 'database' | 'temporal' | 'secretBox' | 'jwtSecret' | 'queuePrefix'>,
): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/servers/:id/rebuild',
      tag: 'Servers',
      summary:
        'Rebuild a server from a template: all its disks, snapshots and its password are erased; id, name, addresses, MAC address, size and (unless others are given) SSH keys are kept',
      auth: 'bearer',
      idempotent: true,
      params: ById,
      body: RebuildServer,
      answers: ACCEPTED,
      problems: [
        'not_found',
        'invalid_input',
        'server_protected',
        'server_busy',
        'invalid_state',
        'user_data_unsupported',
      ],
      async handle(ctx, { params: { id }, body }) {
        const user = currentUser(ctx);
        await changeServer(deps, ctx, body, async (trx) =>
          rebuildServer(trx, { ctx, user, id, input: body, secretBox: deps.secretBox }),
        );
      },
    }),
  ];
}
