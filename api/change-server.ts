import type { Knex } from 'knex';
import type { Context } from 'koa';
import { Accepted } from '../contract/servers.ts';
import type { Deps } from './deps.ts';
import { mutate, sendReply, type Reply } from './idempotency.ts';
import { currentUser } from './middleware/authenticate.ts';
import { startNow } from './start-now.ts';

/** How every accepted change is described. */
export const ACCEPTED = {
  202: {
    description: 'Accepted; follow it at Location',
    schema: Accepted,
    headers: { Location: 'The operation: /operations/<id>' },
  },
};

/** Commits a requested change under the request's Idempotency-Key, starts its workflow and answers 202. */
export async function changeServer(
  deps: Pick<Deps, 'database' | 'temporal' | 'jwtSecret' | 'queuePrefix'>,
  ctx: Context,
  body: unknown,
  work: (trx: Knex.Transaction) => Promise<Reply>,
): Promise<void> {
  const mutation = { userId: currentUser(ctx).id, hashKey: deps.jwtSecret, body };
  const { reply } = await mutate(deps.database, ctx, mutation, work);
  // A repeat may be the first to get this far: the process may have died after the commit.
  const operationId = reply.location?.split('/').at(-1);
  if (operationId) await startNow(deps, ctx, operationId);
  sendReply(ctx, reply);
}
