import { MigrateServer } from '../../contract/server-changes.ts';
import { ACCEPTED, changeServer } from '../change-server.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { migrateServer } from '../migrate-server.ts';

/** Where a server's VM is, which is the provider's business. */
export function migrateRoutes(
  deps: Pick<Deps, 'database' | 'temporal' | 'jwtSecret' | 'queuePrefix'>,
): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/servers/:id/migrate',
      tag: 'Servers',
      summary: 'Move a server to another node of its cluster, live when it runs',
      auth: 'admin',
      idempotent: true,
      params: ById,
      body: MigrateServer,
      answers: ACCEPTED,
      problems: ['not_found', 'invalid_input', 'server_busy', 'invalid_state'],
      async handle(ctx, { params: { id }, body }) {
        const user = currentUser(ctx);
        await changeServer(deps, ctx, body, async (trx) =>
          migrateServer(trx, { ctx, user, id, input: body }),
        );
      },
    }),
  ];
}
