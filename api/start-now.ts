import type { Context } from 'koa';
import type { Deps } from './deps.ts';
import { logOf } from './middleware/request-id.ts';
import { findStartable } from './startable-operations.ts';
import { startOperation } from './start-operation.ts';

/**
 * The fast path after a change was committed: starts its workflow now. It never fails the request; what could not be
 * started stays pending, and the sweeper starts it.
 */
export async function startNow(
  { database, temporal, queuePrefix }: Pick<Deps, 'database' | 'temporal' | 'queuePrefix'>,
  ctx: Context,
  operationId: string,
): Promise<void> {
  try {
    const operation = await findStartable(database, operationId);
    if (!operation) return;
    const outcome = await startOperation(temporal, operation, queuePrefix);
    logOf(ctx).info(
      { operationId, type: operation.type, serverId: operation.serverId, outcome },
      'operation requested',
    );
  } catch (err) {
    logOf(ctx).warn({ err, operationId }, 'workflow not started yet: left to the sweeper');
  }
}
