import type { Context } from 'koa';
import {
  DecideOperation,
  isLive,
  Operation,
  OperationStatus,
  type Decision,
} from '../../contract/operations.ts';
import { PageQuery } from '../../contract/page.ts';
import { ListAllOperationsQuery, OperationList } from '../../contract/servers.ts';
import { cancelWorkflow, requestCancel } from '../cancel-operation.ts';
import { recordDecision, signalDecision } from '../decide-operation.ts';
import { decodeCursor } from '../cursor.ts';
import type { Deps } from '../deps.ts';
import { ById, endpoint, type Endpoint } from '../endpoint.ts';
import { NotFound } from '../errors.ts';
import { mutate, sendReply, type Reply } from '../idempotency.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { logOf } from '../middleware/request-id.ts';
import { findOperation, listAllOperations, listOperations } from '../operation-rows.ts';
import { toPage } from '../page.ts';
import { isServerWithin } from '../server-rows.ts';
import { toOperationView } from '../views/operation.ts';
import { say } from '../../contract/sayings.ts';

type OperationDeps = Pick<Deps, 'database' | 'temporal' | 'jwtSecret'>;

/** Following operations and cancelling them. */
export function operationRoutes(deps: OperationDeps): Endpoint[] {
  const { database } = deps;
  return [
    endpoint({
      method: 'get',
      path: '/servers/:id/operations',
      tag: 'Operations',
      summary: "A server's operations, newest first; those of a deleted one too",
      auth: 'bearer',
      params: ById,
      query: PageQuery,
      answers: { 200: { description: 'One page', schema: OperationList } },
      problems: ['not_found', 'invalid_input'],
      async handle(ctx, { params: { id }, query }) {
        const position = decodeCursor('-createdAt', query.cursor);
        if (!(await isServerWithin(database, currentUser(ctx).reach, id))) {
          throw new NotFound(say('server_unknown'));
        }
        const rows = await listOperations(database, id, query.limit, position);
        ctx.body = toPage(rows, { limit: query.limit, sort: '-createdAt', toView: toOperationView });
      },
    }),
    allOperations(database),
    endpoint({
      method: 'get',
      path: '/operations/:id',
      tag: 'Operations',
      summary: 'One operation with its steps; stays readable after its server is gone',
      auth: 'bearer',
      params: ById,
      answers: { 200: { description: 'The operation', schema: Operation } },
      problems: ['not_found'],
      async handle(ctx, { params: { id } }) {
        const row = await findOperation(database, currentUser(ctx).reach, id);
        if (!row) throw new NotFound(say('operation_unknown'));
        ctx.body = toOperationView(row);
      },
    }),
    endpoint({
      method: 'post',
      path: '/operations/:id/cancel',
      tag: 'Operations',
      summary: 'Ask an operation to stop; it ends at a safe point',
      auth: 'bearer',
      permission: 'operate',
      idempotent: true,
      params: ById,
      answers: { 202: { description: 'It will be cancelled; follow it', schema: Operation } },
      problems: ['not_found', 'not_cancellable'],
      async handle(ctx, { params: { id } }) {
        sendReply(ctx, await cancel(deps, ctx, id));
      },
    }),
    endpoint({
      method: 'post',
      path: '/operations/:id/decision',
      tag: 'Operations',
      summary: 'Decide how an operation that needs attention goes on: resume, skip the step, or roll back',
      auth: 'bearer',
      permission: 'operate',
      idempotent: true,
      params: ById,
      body: DecideOperation,
      answers: { 202: { description: 'It will be done; follow it', schema: Operation } },
      problems: ['not_found', 'invalid_input', 'forbidden', 'not_paused'],
      async handle(ctx, { params: { id }, body: { decision } }) {
        sendReply(ctx, await decide(deps, ctx, id, decision));
      },
    }),
  ];
}

const STATUSES = {
  live: OperationStatus.options.filter(isLive),
  over: OperationStatus.options.filter((status) => !isLive(status)),
};

function allOperations(database: Deps['database']): Endpoint {
  return endpoint({
    method: 'get',
    path: '/operations',
    tag: 'Operations',
    summary:
      'The operations of all your servers, deleted ones too, newest first: those that are not over, or by status',
    auth: 'bearer',
    query: ListAllOperationsQuery,
    answers: { 200: { description: 'One page', schema: OperationList } },
    problems: ['invalid_input'],
    async handle(ctx, { query: { status, limit, cursor } }) {
      const statuses = status === 'live' || status === 'over' ? STATUSES[status] : [status];
      const position = decodeCursor('-createdAt', cursor);
      const rows = await listAllOperations(database, currentUser(ctx).reach, statuses, { limit, position });
      ctx.body = toPage(rows, { limit, sort: '-createdAt', toView: toOperationView });
    },
  });
}

async function decide(
  { database, temporal, jwtSecret }: OperationDeps,
  ctx: Context,
  id: string,
  decision: Decision,
): Promise<Reply> {
  const user = currentUser(ctx);
  const mutation = { userId: user.id, hashKey: jwtSecret, body: { decision } };
  const { reply } = await mutate(database, ctx, mutation, async (trx) =>
    recordDecision(trx, { ctx, user, id, decision }),
  );
  const { serverId } = reply.body as Operation; // recordDecision's reply is its view
  await signalDecision(temporal, id, serverId).catch((err: unknown) => {
    logOf(ctx).warn({ err, operationId: id }, 'workflow not told of a decision yet: left to the sweeper');
  });
  return reply;
}

async function cancel(
  { database, temporal, jwtSecret }: OperationDeps,
  ctx: Context,
  id: string,
): Promise<Reply> {
  const user = currentUser(ctx);
  const mutation = { userId: user.id, hashKey: jwtSecret, body: null };
  const { reply } = await mutate(database, ctx, mutation, async (trx) =>
    requestCancel(trx, { ctx, user, id }),
  );
  const { status, serverId } = reply.body as Operation; // requestCancel's reply is its view
  if (status !== 'cancelled') {
    await cancelWorkflow(temporal, id, serverId).catch((err: unknown) => {
      logOf(ctx).warn({ err, operationId: id }, 'workflow not asked to cancel yet: left to the sweeper');
    });
  }
  return reply;
}
