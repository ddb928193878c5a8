import { z } from 'zod';
import {
  Accepted,
  CreateServer,
  ListOperationsQuery,
  ListServersQuery,
  OperationList,
  Server,
  ServerAction,
  ServerList,
} from '../../contract/servers.ts';
import { Server as ServerModel } from '../../db/models/server.ts';
import { createServer } from '../create-server.ts';
import { visibleAccounts } from '../current-user.ts';
import { decodeCursor } from '../cursor.ts';
import type { Deps } from '../deps.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { NotFound } from '../errors.ts';
import { changeServer } from '../change-server.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { listOperations } from '../operation-rows.ts';
import { toPage } from '../page.ts';
import { checkActionFits, paramsOfAction } from '../power-action.ts';
import { acceptedReply, insertOperation, lockServer } from '../request-operation.ts';
import { findServer, listServers } from '../server-rows.ts';
import { toOperationView } from '../views/operation.ts';
import { toServerView } from '../views/server.ts';

const ById = z.object({ id: z.uuid() });
const ACCEPTED = {
  202: {
    description: 'Accepted; follow it at Location',
    schema: Accepted,
    headers: { Location: 'The operation: /operations/<id>' },
  },
};

export function serverRoutes(
  deps: Pick<Deps, 'database' | 'temporal' | 'secretBox' | 'jwtSecret'>,
): Endpoint[] {
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
        const rows = await listServers(database, visibleAccounts(currentUser(ctx)), query, position);
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
        const row = await findServer(database, visibleAccounts(currentUser(ctx)), id);
        if (!row) throw new NotFound('There is no such server.');
        ctx.body = toServerView(row);
      },
    }),
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
          await ServerModel.query(trx).findById(id).patch({ lifecycle: 'deleting' });
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
    endpoint({
      method: 'get',
      path: '/servers/:id/operations',
      tag: 'Operations',
      summary: "A server's operations, newest first",
      auth: 'bearer',
      params: ById,
      query: ListOperationsQuery,
      answers: { 200: { description: 'One page', schema: OperationList } },
      problems: ['not_found', 'invalid_input'],
      async handle(ctx, { params: { id }, query }) {
        const position = decodeCursor('-createdAt', query.cursor);
        if (!(await findServer(database, visibleAccounts(currentUser(ctx)), id))) {
          throw new NotFound('There is no such server.');
        }
        const rows = await listOperations(database, id, query.limit, position);
        ctx.body = toPage(rows, { limit: query.limit, sort: '-createdAt', toView: toOperationView });
      },
    }),
  ];
}
