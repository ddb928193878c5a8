import type { Cluster } from './cluster.ts';
import { lockKey } from './cluster.ts';
import type { TaskArguments, TaskFaultRecord, TaskRecord } from './cluster-state.ts';
import { lockTimeout, storageLock } from './locks.ts';
import type { Lock } from './locks.ts';
import type { TrackedState } from './tracked-state.ts';

/** How long a task waits for a storage's lock, and at least, whatever the speed. */
const STORAGE_WAIT_MS = 10_000;
const STORAGE_LEAST_MS = 3000;
/** How long a storage's tools take to make or remove a volume. */
const STORAGE_TOOL_MS = 40;
const KEPT_TASKS = 3000;

/** A running task as its worker sees it. Every step has a name, so that a restart can go on. */
export interface TaskWork {
  record: TaskRecord;
  /** Aborts when the task is told to end. */
  signal: AbortSignal;
  log: (line: string) => void;
  /** Carries out an effect once, also across a restart of the simulator. */
  once: (name: string, effect: () => void) => void;
  /** Lets simulated time pass before the real work. */
  pause: (name: string, ms: number) => Promise<void>;
  /**
   * The task's real work, which injected faults hit; `onProgress` hears how much of it is done, from 0 to 1.
   */
  wait: (name: string, ms: number, onProgress?: (share: number) => void) => Promise<void>;
  /** Takes a VM's file lock until the task ends; fails with the lock's text when it is not free in time. */
  lock: (node: string, vmid: number, exclusive?: boolean, waitMs?: number) => Promise<void>;
  /** Gives a VM's file lock back before the task ends. */
  unlock: (node: string, vmid: number) => void;
  /** Carries out an effect once, while no other task changes the storage's volumes. */
  onStorage: (
    node: string,
    storage: string,
    name: string,
    effect: () => void,
    toolMs?: number,
  ) => Promise<void>;
}

export type TaskWorker = (cluster: Cluster, work: TaskWork) => Promise<void>;

export interface Tasks {
  start(
    type: string,
    options: {
      node: string;
      id: string | number;
      user: string;
      args?: TaskArguments;
      fault?: TaskFaultRecord | null;
    },
  ): TaskRecord;
  find(upid: string): Readonly<TaskRecord> | undefined;
  /** Interrupts a running task; resolves when it has ended. */
  stop(upid: string): Promise<void>;
  /** Resolves when a task has ended. */
  ended(upid: string): Promise<void>;
  /** Goes on with tasks that a former process left running. */
  resume(): void;
  /** Lets go of all running tasks without ending them. */
  close(): void;
}

/** The task was told to end, by DELETE or by another task. */
export class TaskInterrupted extends Error {
  override name = 'TaskInterrupted';
}

/** The task's process was killed: nothing is cleaned up. */
class TaskKilled extends Error {
  override name = 'TaskKilled';
}

/** An injected failure, whose message is the exit status as it is. */
export class InjectedFailure extends Error {
  override name = 'InjectedFailure';
}

/** The simulator itself is closing; the task goes on in the next process. */
class SimulatorClosing extends Error {
  override name = 'SimulatorClosing';
}

const UPID_PATTERN =
  /^UPID:([a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:\s/]+):([^:\s/]*):([^:\s/]+):$/;

export function isUpid(text: string): boolean {
  return UPID_PATTERN.test(text);
}

function hex8(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}

function newTask(
  cluster: Cluster,
  type: string,
  { node, id, user }: { node: string; id: string | number; user: string },
): TaskRecord {
  const { state } = cluster;
  state.nextPid = state.nextPid >= 4_000_000 ? 1000 : state.nextPid + 1 + (state.nextPid % 7);
  const pid = state.nextPid;
  const now = cluster.clock.now();
  const pstart = Math.floor((now - state.bootedAt) / 10);
  const starttime = Math.floor(cluster.clock.shown() / 1000);
  const upid = `UPID:${node}:${hex8(pid)}:${hex8(pstart)}:${hex8(starttime)}:${type}:${id}:${user}:`;
  return {
    upid,
    node,
    pid,
    pstart,
    starttime,
    type,
    id: String(id),
    user,
    args: {},
    log: [],
    endtime: null,
    exitstatus: null,
    done: [],
    deadlines: {},
    locks: [],
    fault: null,
  };
}

/** Runs tasks of the given workers, one worker function per task type. */
export function createTasks(
  getCluster: () => Cluster,
  tracked: TrackedState,
  workers: Record<string, TaskWorker>,
): Tasks {
  const { plain } = tracked;
  const running = new Map<string, { controller: AbortController; ended: Promise<void> }>();

  function launch(record: TaskRecord): void {
    const cluster = getCluster();
    const worker = workers[record.type];
    if (!worker) throw new Error(`no worker for ${record.type}`);
    const controller = new AbortController();
    const work = createWork(cluster, record, controller.signal);
    const ended = (async () => {
      // A real worker is a process of its own: nothing of it happens before the answer to the call.
      await new Promise((resolve) => setImmediate(resolve));
      let failure: unknown;
      try {
        await worker(cluster, work);
      } catch (err) {
        failure = err;
      }
      // It does not end here.
      if (failure instanceof SimulatorClosing) return new Promise<void>(() => {});
      finish(cluster, record, failure);
      running.delete(record.upid);
    })();
    running.set(record.upid, { controller, ended });
  }

  /** Forgets what ended first, which is not always what began first: somebody may still wait for a long task's end. */
  function forgetOldTasks(): void {
    while (plain.tasks.length > KEPT_TASKS) {
      let oldest: TaskRecord | undefined;
      for (const task of plain.tasks) {
        if (task.endtime !== null && task.endtime < (oldest?.endtime ?? Infinity)) oldest = task;
      }
      if (!oldest) return;
      tracked.dropTask(oldest);
    }
  }

  return {
    start(type, options) {
      const cluster = getCluster();
      const record = tracked.addTask({
        ...newTask(cluster, type, options),
        args: options.args ?? {},
        fault: options.fault ?? null,
      });
      forgetOldTasks();
      launch(record);
      return record;
    },
    find: (upid) => tracked.findTask(upid),
    ended: async (upid) => running.get(upid)?.ended,
    async stop(upid) {
      const task = running.get(upid);
      task?.controller.abort(new TaskInterrupted('received interrupt'));
      await task?.ended;
    },
    resume() {
      const cluster = getCluster();
      const left = plain.tasks
        .filter(({ endtime }) => endtime === null)
        .map((record) => tracked.trackTask(record));
      for (const record of left) {
        for (const { key, exclusive } of record.locks) {
          cluster.locks.tryAcquire(key, record.upid, exclusive);
        }
      }
      for (const record of left) launch(record);
    },
    close() {
      for (const { controller } of running.values()) {
        controller.abort(new SimulatorClosing('simulator closes'));
      }
    },
  };
}

function finish(cluster: Cluster, record: TaskRecord, failure: unknown): void {
  if (failure === undefined) {
    record.exitstatus = 'OK';
    record.log.push('TASK OK');
  } else if (failure instanceof TaskKilled) {
    record.exitstatus = 'unexpected status';
  } else {
    const message = failure instanceof Error ? failure.message : 'died';
    record.exitstatus = message.trim().replaceAll('\n', ' ');
    record.log.push(`TASK ERROR: ${message}`);
  }
  record.endtime = Math.floor(cluster.clock.shown() / 1000);
  for (const { key } of record.locks) cluster.locks.release(key, record.upid);
  record.locks = [];
}

function createWork(cluster: Cluster, record: TaskRecord, signal: AbortSignal): TaskWork {
  function log(line: string): void {
    record.log.push(line);
  }

  async function wait(name: string, ms: number, onProgress?: (share: number) => void): Promise<void> {
    signal.throwIfAborted();
    if (record.done.includes(name)) return;
    const longer = record.fault?.kind === 'slow' ? record.fault.ms : 0;
    const deadline = deadlineOf(cluster, record, name, ms + longer);
    const length = Math.max(1, deadline.until - deadline.from);
    const breaks = record.fault && record.fault.kind !== 'slow' ? record.fault : undefined;
    const last = breaks && onProgress ? breaks.atPercent / 100 : breaks ? 0 : 1;
    for (;;) {
      const share = Math.min(1, (cluster.clock.now() - deadline.from) / length);
      if (share >= last) break;
      const tick = onProgress ? 500 : length;
      // A wait shorter than a tick shows no progress in between.
      if (length > tick) onProgress?.(share);
      await cluster.clock.sleep(Math.min(tick, Math.ceil((last - share) * length)), signal);
    }
    onProgress?.(last);
    if (breaks?.kind === 'fail') throw new InjectedFailure(breaks.message);
    if (breaks?.kind === 'kill') throw new TaskKilled('killed');
    record.done.push(name);
  }

  /** Says that it waits, if it has to. */
  async function take(
    { key, waits, timeout }: Lock,
    { exclusive, limitMs }: { exclusive: boolean; limitMs: number },
  ): Promise<void> {
    if (!cluster.locks.tryAcquire(key, record.upid, exclusive)) {
      log(waits);
      if (!(await cluster.locks.acquire(key, record.upid, exclusive, limitMs, signal))) {
        throw new Error(timeout);
      }
      log(' OK');
    }
    if (!record.locks.some((held) => held.key === key)) record.locks.push({ key, exclusive });
  }

  function give(key: string): void {
    cluster.locks.release(key, record.upid);
    record.locks = record.locks.filter((held) => held.key !== key);
  }

  async function lock(node: string, vmid: number, exclusive = true, waitMs = 10_000): Promise<void> {
    const wanted = {
      key: lockKey(node, vmid),
      waits: 'trying to acquire lock...',
      timeout: lockTimeout(vmid),
    };
    await take(wanted, { exclusive, limitMs: cluster.scaled(waitMs, 150) });
  }

  const unlock = (node: string, vmid: number): void => give(lockKey(node, vmid));

  async function onStorage(
    node: string,
    storage: string,
    name: string,
    effect: () => void,
    toolMs = STORAGE_TOOL_MS,
  ): Promise<void> {
    if (record.done.includes(name)) return;
    const wanted = storageLock(cluster, node, storage);
    await take(wanted, { exclusive: true, limitMs: cluster.scaled(STORAGE_WAIT_MS, STORAGE_LEAST_MS) });
    try {
      await pause(`${name}-tool`, cluster.scaled(toolMs));
      once(name, effect);
    } finally {
      give(wanted.key);
    }
  }

  function once(name: string, effect: () => void): void {
    signal.throwIfAborted();
    if (record.done.includes(name)) return;
    effect();
    record.done.push(name);
  }

  async function pause(name: string, ms: number): Promise<void> {
    if (record.done.includes(name)) return;
    const { until } = deadlineOf(cluster, record, name, ms);
    await cluster.clock.sleep(Math.max(0, until - cluster.clock.now()), signal);
    record.done.push(name);
  }

  return { record, signal, log, once, pause, wait, lock, unlock, onStorage };
}

/** When a wait ends; one that a former process began keeps its end. */
function deadlineOf(
  cluster: Cluster,
  record: TaskRecord,
  name: string,
  ms: number,
): { from: number; until: number } {
  const from = cluster.clock.now();
  return (record.deadlines[name] ??= { from, until: from + ms });
}

/** Says whether a worker must not clean up, because its process is gone. */
export function isGone(failure: unknown): boolean {
  return failure instanceof TaskKilled || failure instanceof SimulatorClosing;
}
