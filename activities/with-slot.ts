import { cancellationDetails, Context } from '@temporalio/activity';
import type { Deps } from './deps.ts';
import type { SlotLeave } from './slot-queue.ts';
import type { VmContext } from './vm-context.ts';
import type { SlotRequest } from '../db/slots.ts';

/** Below the heartbeat time-out of 15 s; a wish to cancel does not wait for it. */
const HEARTBEAT_MS = 5_000;

/**
 * Waits for a slot of what is scarce and does `body` with it. A later attempt of the same step goes on with the slot or the
 * place in line of the one before. Waiting asks nothing of Proxmox.
 */
export async function withSlot<T>(
  deps: Pick<Deps, 'slots'>,
  { claim, server }: VmContext,
  scarce: Pick<SlotRequest, 'step' | 'resource' | 'name'>,
  body: () => Promise<T>,
): Promise<T> {
  const { operationId, fence } = claim;
  const context = Context.current();
  const beat = () => context.heartbeat();
  const slot = deps.slots.join({ operationId, fence, clusterId: server.clusterId, ...scarce }, beat);
  const beats = setInterval(beat, HEARTBEAT_MS);
  try {
    await Promise.race([slot.granted, context.cancelled]);
    clearInterval(beats);
    const result = await body();
    await slot.leave('done');
    return result;
  } catch (err) {
    await slot.leave(howItEnded());
    throw err;
  } finally {
    clearInterval(beats);
  }
}

function howItEnded(): SlotLeave {
  const details = cancellationDetails();
  if (details?.workerShutdown) return 'handed over';
  return details?.cancelRequested ? 'cancelled' : 'failed';
}
