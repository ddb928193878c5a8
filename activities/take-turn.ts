import { cancellationSignal } from '@temporalio/activity';
import type { TaskWatcher } from '../proxmox/tasks.ts';

/** Waits until a call to the node fits the rate of calls; throws once the activity is to stop. */
export async function takeTurn(tasks: TaskWatcher, node: string): Promise<void> {
  const signal = cancellationSignal();
  await tasks.turn(node, signal);
  signal.throwIfAborted();
}
