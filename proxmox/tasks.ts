import type { Proxmox } from './client.ts';
import { classifyTaskExit, ProxmoxError } from './errors.ts';
import { parseUpid } from './upid.ts';

export { parseUpid } from './upid.ts';
export type { Upid } from './upid.ts';

/** What the watcher needs of the client. */
export type TaskSource = Pick<Proxmox, 'taskStatus' | 'taskLog' | 'findTasks'>;

export interface TaskWatcherOptions {
  /** One call per node in this time, whatever the number of waiters. */
  intervalMs?: number;
  /** When a new task is first looked at, if the rate allows. */
  firstCheckMs?: number;
  /** Calls a node that was left alone may get at once. */
  burst?: number;
  /** How long a task may be unknown to its node after the wait began. */
  graceMs?: number;
}

export interface TaskProgress {
  /** 0 to 100; null when the log names none. */
  percent: number | null;
  /** The newest line of the log. */
  message: string;
}

export interface WaitOptions {
  signal?: AbortSignal;
  onProgress?: (progress: TaskProgress) => void;
  /** Called at least once per interval while waiting, for heartbeats. */
  onPoll?: () => void;
}

export interface TaskResult {
  /** `OK`, `WARNINGS: n` or the error text; see classifyTaskExit. */
  exitStatus: string;
  warnings: number;
  /** Last lines of the log of a task that did not end plainly OK, when the call budget allowed to read it. */
  logTail: string[];
}

export interface TaskWatcher {
  /**
   * Resolves when the task has ended, well or badly. Losing the connection, a node that is away and a task not listed yet
   * only make it wait longer. Rejects on abort, on refused credentials, and with `task_unknown` when the node does not know the task.
   */
  wait: (upid: string, options?: WaitOptions) => Promise<TaskResult>;
}

type Timing = Required<TaskWatcherOptions>;

interface Waiter {
  resolve: (result: TaskResult) => void;
  reject: (error: unknown) => void;
  onProgress?: (progress: TaskProgress) => void;
}

interface WatchedTask {
  upid: string;
  startTime: number;
  waiters: Set<Waiter>;
  since: number;
  nextCheckAt: number;
  /** The node's list did not have it, so its own status is asked. */
  unlisted: boolean;
  /** Its log says that it is over. */
  seemsOver: boolean;
  /** Log lines read so far. */
  logLines: number;
  failures: number;
}

const LOG_TAIL_LINES = 20;
const LOG_PAGE = 500;
/** Logs of failed tasks read at once per node; beyond that the exit status has to do. */
const FINAL_LOGS_PENDING = 5;
/** With many tasks on a node, one call in so many goes to a progress log. */
const PROGRESS_SHARE = 4;

/** Waits for tasks of one cluster; all waiters of a node share one poller. */
export function createTaskWatcher(source: TaskSource, options: TaskWatcherOptions = {}): TaskWatcher {
  const timing: Timing = { intervalMs: 1_000, firstCheckMs: 150, burst: 3, graceMs: 5_000, ...options };
  const pollers = new Map<string, NodePoller>();
  return {
    wait: async (upid, { signal, onProgress, onPoll } = {}) => {
      signal?.throwIfAborted();
      const { node, startTime } = parseUpid(upid);
      const poller = pollers.get(node) ?? createNodePoller(node, source, timing);
      pollers.set(node, poller);
      const { promise, resolve, reject } = Promise.withResolvers<TaskResult>();
      const waiter: Waiter = { resolve, reject, ...(onProgress ? { onProgress } : {}) };
      const abort = () => {
        poller.remove(upid, waiter);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const heartbeat = onPoll ? setInterval(onPoll, timing.intervalMs) : undefined;
      poller.add(upid, startTime, waiter);
      try {
        return await promise;
      } finally {
        clearInterval(heartbeat);
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}

interface NodePoller {
  add: (upid: string, startTime: number, waiter: Waiter) => void;
  remove: (upid: string, waiter: Waiter) => void;
}

function createNodePoller(node: string, source: TaskSource, timing: Timing): NodePoller {
  const tasks = new Map<string, WatchedTask>();
  const budget = createBudget(timing.intervalMs, timing.burst);
  let wake: (() => void) | undefined;
  let running = false;
  let finalLogs = 0;
  let slot = 0;
  let turn = 0;

  /** The tasks ordered by who waited longest for a call of their own. */
  const nextOf = (candidates: WatchedTask[]) => candidates[turn++ % candidates.length];

  async function run(): Promise<void> {
    while (tasks.size > 0) {
      const dueAt = Math.max(
        budget.readyAt(),
        Math.min(...[...tasks.values()].map((task) => task.nextCheckAt)),
      );
      const delay = dueAt - performance.now();
      if (delay > 0) {
        // oxlint-disable-next-line no-await-in-loop -- a poller is a loop of waits
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, delay);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        continue;
      }
      void budget.take(); // due already
      // oxlint-disable-next-line no-await-in-loop -- one call at a time per node
      await poll();
    }
    running = false;
  }

  async function poll(): Promise<void> {
    const all = [...tasks.values()];
    const over = all.find((task) => task.seemsOver);
    if (over) return checkStatus(over);
    const [only] = all;
    if (all.length === 1 && only) return hasProgress(only) ? readProgress(only) : checkStatus(only);
    slot++;
    const progressing = nextOf(all.filter(hasProgress));
    if (progressing && slot % PROGRESS_SHARE === 0) return readProgress(progressing);
    const unlisted = nextOf(all.filter((task) => task.unlisted));
    if (unlisted && slot % 2 === 0) return checkStatus(unlisted);
    return checkList(all);
  }

  const hasProgress = (task: WatchedTask) =>
    performance.now() - task.since > timing.intervalMs &&
    [...task.waiters].some((waiter) => waiter.onProgress);

  async function checkList(watched: WatchedTask[]): Promise<void> {
    try {
      const listed = await source.findTasks(node, {
        source: 'all',
        since: Math.min(...watched.map((task) => task.startTime)),
        limit: 100 + 2 * watched.length,
      });
      const byUpid = new Map(listed.map((entry) => [entry.upid, entry]));
      for (const task of watched) {
        const entry = byUpid.get(task.upid);
        task.unlisted = !entry;
        if (entry?.status !== undefined && entry.status !== 'RUNNING') finish(task, entry.status);
        else again(task);
      }
    } catch (error) {
      for (const task of watched) {
        // Should listing itself be refused, each task is asked on its own.
        if (error instanceof ProxmoxError && error.kind === 'final') task.unlisted = true;
        postpone(task, error, error instanceof ProxmoxError && error.kind === 'auth');
      }
    }
  }

  async function checkStatus(task: WatchedTask): Promise<void> {
    try {
      const { status, exitstatus } = await source.taskStatus(task.upid);
      task.seemsOver = false;
      if (status === 'stopped') finish(task, exitstatus ?? 'unexpected status');
      else again(task);
    } catch (error) {
      task.seemsOver = false;
      const unknown = error instanceof ProxmoxError && error.code === 'task_unknown';
      const refused = error instanceof ProxmoxError && (error.kind === 'auth' || error.kind === 'final');
      postpone(task, error, unknown ? performance.now() - task.since > timing.graceMs : refused);
    }
  }

  async function readProgress(task: WatchedTask): Promise<void> {
    try {
      const lines = await source.taskLog(task.upid, { start: task.logLines, limit: LOG_PAGE });
      task.logLines += lines.length;
      again(task);
      const message = lines.findLast((line) => !isFiller(line) && !isVerdict(line));
      // The last line of the log is what Proxmox makes the exit status of; asked at once rather than an interval later.
      if (lines.some(isVerdict) || lines.some(isMissingLog)) {
        task.seemsOver = true;
        task.nextCheckAt = performance.now();
      }
      if (message === undefined) return;
      for (const waiter of task.waiters) waiter.onProgress?.({ percent: parsePercent(lines), message });
    } catch (error) {
      postpone(task, error, error instanceof ProxmoxError && error.kind === 'auth');
    }
  }

  function again(task: WatchedTask): void {
    task.failures = 0;
    const age = performance.now() - task.since;
    task.nextCheckAt = performance.now() + Math.min(timing.intervalMs, Math.max(timing.firstCheckMs, age));
  }

  function postpone(task: WatchedTask, error: unknown, giveUp: boolean): void {
    if (giveUp) {
      tasks.delete(task.upid);
      for (const waiter of task.waiters) waiter.reject(error);
      return;
    }
    task.failures++;
    task.nextCheckAt = performance.now() + timing.intervalMs * Math.min(2 ** (task.failures - 1), 8);
  }

  function finish(task: WatchedTask, exitStatus: string): void {
    tasks.delete(task.upid);
    void readFinalLog(task.upid, exitStatus).then((logTail) => {
      const outcome = classifyTaskExit(exitStatus);
      const result: TaskResult = { exitStatus, warnings: outcome.ok ? outcome.warnings : 0, logTail };
      for (const waiter of task.waiters) waiter.resolve(result);
    });
  }

  /** A log is worth a call only when the task did not simply work, and never worth holding up a crowd of waiters. */
  async function readFinalLog(upid: string, exitStatus: string): Promise<string[]> {
    if (exitStatus === 'OK' || finalLogs >= FINAL_LOGS_PENDING) return [];
    finalLogs++;
    try {
      await budget.take();
      const lines = await source.taskLog(upid, { limit: 0 });
      return lines.filter((line) => !isFiller(line)).slice(-LOG_TAIL_LINES);
    } catch {
      return []; // the exit status is known, the log only explains it
    } finally {
      finalLogs--;
    }
  }

  return {
    add(upid, startTime, waiter) {
      const now = performance.now();
      const task = tasks.get(upid) ?? {
        upid,
        startTime,
        waiters: new Set(),
        since: now,
        nextCheckAt: now + timing.firstCheckMs,
        unlisted: false,
        seemsOver: false,
        logLines: 0,
        failures: 0,
      };
      task.waiters.add(waiter);
      tasks.set(upid, task);
      wake?.();
      if (running) return;
      running = true;
      void run();
    },
    remove(upid, waiter) {
      const task = tasks.get(upid);
      task?.waiters.delete(waiter);
      if (task?.waiters.size === 0) tasks.delete(upid);
      wake?.();
    },
  };
}

/** Percentage in the newest line that has one, as `transferred 1.0 GiB of 4.0 GiB (25.00%)` of a disk copy. */
export function parsePercent(lines: string[]): number | null {
  const line = lines.findLast((candidate) => /\(\d+(?:\.\d+)?%\)/.test(candidate));
  const percent = line === undefined ? undefined : /\((\d+(?:\.\d+)?)%\)/.exec(line)?.[1];
  return percent === undefined ? null : Math.min(100, Number(percent));
}

const isVerdict = (line: string) => /^TASK (?:OK|ERROR|WARNINGS)\b/.test(line);
const isFiller = (line: string) => line === 'no content' || line.trim() === '';
const isMissingLog = (line: string) => line.startsWith('unable to open file');

/** One call per interval on average, a few at once after a pause. `take` may run ahead; its promise says when the call is due. */
function createBudget(intervalMs: number, burst: number) {
  // The moment at which the bucket would be exactly empty: full means `burst` intervals in the past.
  let emptyAt = -Infinity;
  return {
    readyAt: () => Math.max(emptyAt, performance.now() - burst * intervalMs) + intervalMs,
    take(): Promise<void> {
      emptyAt = Math.max(emptyAt, performance.now() - burst * intervalMs) + intervalMs;
      const delay = emptyAt - performance.now();
      return delay > 0 ? new Promise((resolve) => setTimeout(resolve, delay)) : Promise.resolve();
    },
  };
}
