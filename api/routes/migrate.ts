import { MigrateServer, MigrationTargetList } from '../../contract/server-changes.ts';
import { Server } from '../../db/models/server.ts';
import { ACCEPTED, changeServer } from '../change-server.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { NotFound } from '../errors.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { migrateServer, migrationTargets } from '../migrate-server.ts';
import { say } from '../../contract/sayings.ts';

/** Where a server's VM is, which is the provider's business. */
export function migrateRoutes(
  deps: Pick<Deps, 'database' | 'temporal' | 'jwtSecret' | 'queuePrefix'>,
): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/servers/:id/migration-targets',
      tag: 'Servers',
      summary: 'The other nodes of its cluster, with the room they have and what is known to be in the way',
      auth: 'admin',
      params: ById,
      answers: { 200: { description: 'All of them', schema: MigrationTargetList } },
      problems: ['not_found'],
      async handle(ctx, { params: { id } }) {
        const server = await Server.query(deps.database).findById(id).whereNull('deletedAt');
        if (!server) throw new NotFound(say('server_unknown'));
        ctx.body = { items: await migrationTargets(deps.database, server), nextCursor: null };
      },
    }),
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
