import type { ProxmoxError } from './errors.ts';
import { createNodePoller } from './node-poller.ts';
import type { NodePoller, PollTiming, TaskProgress, TaskResult, TaskSource, Waiter } from './node-poller.ts';
import { parseUpid } from './upid.ts';

export { parseUpid } from './upid.ts';
export type { TaskProgress, TaskResult, TaskSource } from './node-poller.ts';

export interface WaitOptions {
  signal?: AbortSignal;
  /** Called when the log has something new, for tasks that take longer than an interval. */
  onProgress?: (progress: TaskProgress) => void;
  /** Called with each failure to look at the task after the first in a row, and with null when it could be seen again. */
  onTrouble?: (error: ProxmoxError | null) => void;
  /** Called at least once per interval while waiting, for heartbeats. */
  onPoll?: () => void;
}

export interface TaskWatcher {
  /**
   * Resolves when the task has ended, well or badly (classifyTaskExit says which). A lost connection, a node that is away and
   * a task not known yet only make it wait longer. Rejects on abort, on refused credentials, and with `task_unknown` when the
   * node does not know the task.
   */
  wait: (upid: string, options?: WaitOptions) => Promise<TaskResult>;
  /** Resolves when another look at something on this node (a guest, say) fits the same call rate; first come, first served. */
  turn: (node: string, signal?: AbortSignal) => Promise<void>;
  /** The same for a look that must not wait behind a crowd: next but the one whose turn it is. */
  urgentTurn: (node: string) => Promise<void>;
}

/**
 * Waits for tasks of one cluster. Keep one per process: all waiters of a node share one poller, which makes about one call
 * per interval however many tasks there are, and looks sooner at new ones when the node was left alone before.
 */
export function createTaskWatcher(source: TaskSource, timing: Partial<PollTiming> = {}): TaskWatcher {
  const pollers = new Map<string, NodePoller>();
  const { intervalMs = 1_000, firstCheckMs = 300, burst = 3, graceMs = 5_000 } = timing;

  function pollerFor(node: string): NodePoller {
    const poller =
      pollers.get(node) ?? createNodePoller(node, source, { intervalMs, firstCheckMs, burst, graceMs });
    pollers.set(node, poller);
    return poller;
  }

  return {
    turn: (node, signal) => pollerFor(node).turn(signal),
    urgentTurn: (node) => pollerFor(node).urgentTurn(),
    wait: async (upid, { signal, onProgress, onTrouble, onPoll } = {}) => {
      signal?.throwIfAborted();
      const parsed = parseUpid(upid);
      const poller = pollerFor(parsed.node);
      const { promise, resolve, reject } = Promise.withResolvers<TaskResult>();
      const waiter: Waiter = {
        resolve,
        reject,
        ...(onProgress ? { onProgress } : {}),
        ...(onTrouble ? { onTrouble } : {}),
      };
      const abort = () => {
        poller.remove(upid, waiter);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const heartbeat = onPoll ? setInterval(onPoll, intervalMs) : undefined;
      poller.add(upid, parsed, waiter);
      try {
        return await promise;
      } finally {
        clearInterval(heartbeat);
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}
