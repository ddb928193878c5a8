import { queryRows } from '../db/query-rows.ts';
import { cancelWorkflow } from './cancel-operation.ts';
import { signalDecision } from './decide-operation.ts';
import type { Deps } from './deps.ts';
import { startOperation } from './start-operation.ts';
import { listStartable } from './startable-operations.ts';

const BATCH = 100;
const AT_ONCE = 10;
const AGAIN_MS = 15_000;

/** What this process tried lately, by operation; only spares needless calls, so that losing it does no harm. */
export interface SweepMemory {
  notBefore: Map<string, number>;
}

type SweepDeps = Pick<Deps, 'database' | 'temporal' | 'log' | 'queuePrefix'>;

/**
 * Starts pending operations nobody has started. No row is locked while Temporal is asked: several processes may start
 * the same operation, and the server's workflow id lets only one run of it be open, whose claim only works once.
 * Rejects when Temporal cannot be reached, leaving the rest for the next round.
 */
export async function sweepPending(
  deps: SweepDeps,
  memory: SweepMemory,
  olderThanMs: number,
): Promise<number> {
  forgetOld(memory);
  let started = 0;
  for (;;) {
    const except = [...memory.notBefore.keys()];
    const operations = await listStartable(deps.database, { olderThanMs, limit: BATCH, except });
    await inParallel(operations, async (operation) => {
      const outcome = await startOperation(deps.temporal, operation, deps.queuePrefix);
      // Started but not claimed: no worker is up, or it is about to claim it. Not worth asking every two seconds.
      memory.notBefore.set(operation.id, performance.now() + (outcome === 'busy' ? 1_000 : AGAIN_MS));
      if (outcome !== 'started') return;
      started += 1;
      deps.log.warn(
        { operationId: operation.id, serverId: operation.serverId },
        'started a workflow that was left pending',
      );
    });
    if (operations.length < BATCH) return started;
  }
}

interface CancelRequest {
  id: string;
  serverId: string;
}

/** Passes on cancels that could not reach Temporal when they were asked for; asking twice does no harm. */
export async function sweepCancels(deps: SweepDeps, memory: SweepMemory, olderThanMs: number): Promise<void> {
  forgetOld(memory);
  const requests = await queryRows<CancelRequest>(
    deps.database,
    `select id, server_id as "serverId" from operations
     where status in ('running', 'needs_attention')
       and cancel_requested_at <= now() - ? * interval '1 millisecond' and not id = any(?::uuid[])
     order by cancel_requested_at limit ?`,
    [olderThanMs, [...memory.notBefore.keys()], BATCH],
  );
  await inParallel(requests, async ({ id, serverId }) => {
    await cancelWorkflow(deps.temporal, id, serverId);
    memory.notBefore.set(id, performance.now() + AGAIN_MS);
  });
}

/** Tells workflows of decisions that could not reach Temporal when they were made; telling twice does no harm. */
export async function sweepDecisions(
  deps: SweepDeps,
  memory: SweepMemory,
  olderThanMs: number,
): Promise<void> {
  forgetOld(memory);
  const decided = await queryRows<CancelRequest>(
    deps.database,
    `select id, server_id as "serverId" from operations
     where status = 'needs_attention' and decided_at <= now() - ? * interval '1 millisecond'
       and decision is not null and not id = any(?::uuid[])
     order by decided_at limit ?`,
    [olderThanMs, [...memory.notBefore.keys()], BATCH],
  );
  await inParallel(decided, async ({ id, serverId }) => {
    await signalDecision(deps.temporal, id, serverId);
    memory.notBefore.set(id, performance.now() + AGAIN_MS);
  });
}

function forgetOld({ notBefore }: SweepMemory): void {
  for (const [id, time] of notBefore) if (time <= performance.now()) notBefore.delete(id);
}

/** The first failure ends the round: when Temporal is away, the others would only fail more slowly. */
async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lane = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
