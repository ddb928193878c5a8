import { CreateServer, DeletedServer, ListServersQuery, Server, ServerList } from '../../contract/servers.ts';
import { createServer } from '../create-server.ts';
import { decodeCursor } from '../cursor.ts';
import { findDeletedServer } from '../deleted-server-rows.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { NotFound } from '../errors.ts';
import { ACCEPTED, changeServer } from '../change-server.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { toPage } from '../page.ts';
import { findServer, listServers } from '../server-rows.ts';
import { toServerView } from '../views/server.ts';
import { say } from '../../contract/sayings.ts';

type ServerDeps = Pick<Deps, 'database' | 'temporal' | 'secretBox' | 'jwtSecret' | 'queuePrefix'>;

/** Finding servers and ordering them. */
export function serverRoutes(deps: ServerDeps): Endpoint[] {
  const { database, secretBox } = deps;
  return [
    endpoint({
      method: 'get',
      path: '/servers',
      tag: 'Servers',
      summary: 'Your servers',
      auth: 'bearer',
      query: ListServersQuery,
      answers: { 200: { description: 'One page', schema: ServerList } },
      problems: ['invalid_input'],
      async handle(ctx, { query }) {
        const position = decodeCursor(query.sort, query.cursor);
        const rows = await listServers(database, currentUser(ctx).reach, query, position);
        ctx.body = toPage(rows, { limit: query.limit, sort: query.sort, toView: toServerView });
      },
    }),
    endpoint({
      method: 'post',
      path: '/servers',
      tag: 'Servers',
      summary: 'Order a server',
      auth: 'bearer',
      idempotent: true,
      body: CreateServer,
      answers: ACCEPTED,
      problems: [
        'invalid_input',
        'forbidden',
        'quota_exceeded',
        'no_capacity',
        'no_address_left',
        'user_data_unsupported',
      ],
      async handle(ctx, { body }) {
        const user = currentUser(ctx);
        await changeServer(deps, ctx, body, async (trx) =>
          createServer(trx, { ctx, user, input: body, secretBox }),
        );
      },
    }),
    endpoint({
      method: 'get',
      path: '/servers/:id',
      tag: 'Servers',
      summary: 'One server',
      auth: 'bearer',
      params: ById,
      answers: { 200: { description: 'The server', schema: Server } },
      problems: ['not_found'],
      async handle(ctx, { params: { id } }) {
        const row = await findServer(database, currentUser(ctx).reach, id);
        if (!row) throw new NotFound(say('server_unknown'));
        ctx.body = toServerView(row);
      },
    }),
    endpoint({
      method: 'get',
      path: '/deleted-servers/:id',
      tag: 'Servers',
      summary: 'What is left of a server that was deleted: its name, when and by whom',
      auth: 'bearer',
      params: ById,
      answers: { 200: { description: 'What is known of it', schema: DeletedServer } },
      problems: ['not_found'],
      async handle(ctx, { params: { id } }) {
        const found = await findDeletedServer(database, currentUser(ctx), id);
        if (!found) throw new NotFound(say('deleted_server_unknown'));
        ctx.body = found;
      },
    }),
  ];
}
