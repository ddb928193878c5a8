import { createCallBudget } from './call-budget.ts';
import type { CallBudget } from './call-budget.ts';
import type { Proxmox } from './client.ts';
import { classifyTaskExit, ProxmoxError } from './errors.ts';
import type { Upid } from './upid.ts';

/** What watching tasks needs of the client. */
export type TaskSource = Pick<Proxmox, 'taskStatus' | 'taskLog' | 'findTasks'>;

export interface PollTiming {
  /** One call per node in this time, whatever the number of waiters. */
  intervalMs: number;
  /** When a new task is first looked at, if the rate allows; sooner hardly any has ended, and the call is missed later. */
  firstCheckMs: number;
  /** Calls a node that was left alone may get at once. */
  burst: number;
  /** How long a task may be unknown to its node after the wait began. */
  graceMs: number;
}

export interface TaskProgress {
  /** 0 to 100; null when the log names none. */
  percent: number | null;
  /** The newest line of the log. */
  message: string;
}

export interface TaskResult {
  /** `OK`, `WARNINGS: n` or the error text; see classifyTaskExit. */
  exitStatus: string;
  warnings: number;
  /** Last lines of the log of a task that did not end plainly OK, when the call budget allowed to read it. */
  logTail: string[];
}

export interface Waiter {
  resolve: (result: TaskResult) => void;
  reject: (error: unknown) => void;
  onProgress?: (progress: TaskProgress) => void;
  onTrouble?: (error: ProxmoxError | null) => void;
}

export interface NodePoller {
  add: (upid: string, parsed: Upid, waiter: Waiter) => void;
  remove: (upid: string, waiter: Waiter) => void;
  turn: (signal?: AbortSignal) => Promise<void>;
  urgentTurn: () => Promise<void>;
}

interface WatchedTask {
  upid: string;
  /** Unix seconds, by the node's clock */
  startTime: number;
  /** Likely to take seconds at least: looked at in the steady pace from the beginning, which saves calls for short tasks. */
  isCopy: boolean;
  waiters: Set<Waiter>;
  since: number;
  nextCheckAt: number;
  /** Neither list nor log had it, so its own status is asked. */
  unlisted: boolean;
  /** Log lines read so far. */
  logLines: number;
  failures: number;
}

interface PollerState {
  node: string;
  source: TaskSource;
  timing: PollTiming;
  tasks: Map<string, WatchedTask>;
  budget: CallBudget;
  isRunning: boolean;
  wake?: () => void;
  /** Looks that wait for their turn. */
  lookers: number;
  slot: number;
  turn: number;
  listLimit: number;
  finalLogs: number;
}

const LOG_TAIL_LINES = 20;
const LOG_PAGE = 500;
const LIST_LIMIT_MAX = 5_000;
/** Logs of failed tasks waiting for a call; beyond that the exit status alone has to do. */
const FINAL_LOGS_MAX = 3;
/** Among many tasks one call in so many reads a progress log; with a single task it is the other way round. */
const PROGRESS_SHARE = 4;
/** The same while looks at guests take every second call, so that ends of tasks are not told two calls later still. */
const CROWDED_PROGRESS_SHARE = 16;
const BACKOFF_MAX = 8;
const COPY_TYPES = new Set([
  'qmclone',
  'qmcreate',
  'qmrestore',
  'qmmove',
  'qmmigrate',
  'vzdump',
  'imgcopy',
  'download',
]);

/** Asks one node about all watched tasks, one call at a time and never more often than the budget allows. */
export function createNodePoller(node: string, source: TaskSource, timing: PollTiming): NodePoller {
  const state: PollerState = {
    node,
    source,
    timing,
    tasks: new Map(),
    budget: createCallBudget(timing.intervalMs, timing.burst),
    isRunning: false,
    lookers: 0,
    slot: 0,
    turn: 0,
    listLimit: 0,
    finalLogs: 0,
  };
  let turns: Promise<void> = Promise.resolve();
  return {
    add(upid, parsed, waiter) {
      const task = state.tasks.get(upid) ?? newTask(upid, parsed, timing);
      task.waiters.add(waiter);
      state.tasks.set(upid, task);
      state.wake?.();
      if (!state.isRunning) void run(state);
    },
    remove(upid, waiter) {
      const task = state.tasks.get(upid);
      task?.waiters.delete(waiter);
      if (task?.waiters.size === 0) state.tasks.delete(upid);
      state.wake?.();
    },
    turn(signal) {
      // One at a time, so that a crowd here does not spend the calls of the poller ahead.
      state.lookers++;
      turns = turns
        .then(() => (signal?.aborted ? undefined : state.budget.take()))
        .finally(() => state.lookers--);
      return turns;
    },
    urgentTurn: () => state.budget.take(),
  };
}

function newTask(upid: string, { startTime, type }: Upid, timing: PollTiming): WatchedTask {
  const since = performance.now();
  const isCopy = COPY_TYPES.has(type);
  return {
    upid,
    startTime,
    isCopy,
    waiters: new Set(),
    since,
    nextCheckAt: since + (isCopy ? timing.intervalMs : timing.firstCheckMs),
    unlisted: false,
    logLines: 0,
    failures: 0,
  };
}
async function run(state: PollerState): Promise<void> {
  state.isRunning = true;
  while (state.tasks.size > 0) {
    const wantedAt = Math.min(...[...state.tasks.values()].map((task) => task.nextCheckAt));
    const delay = wantedAt - performance.now();
    if (delay > 0) {
      await pause(state, delay);
      continue;
    }
    await state.budget.take();
    // Those who waited may be gone by now.
    if (state.tasks.size > 0) await poll(state);
  }
  state.isRunning = false;
}

function pause(state: PollerState, delay: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delay);
    state.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

/** Spends one call where it tells most. */
function poll(state: PollerState): Promise<void> {
  const watched = [...state.tasks.values()];
  state.slot++;
  const share = watched.length > 1 && state.lookers > 0 ? CROWDED_PROGRESS_SHARE : PROGRESS_SHARE;
  const spare = state.slot % share === 0;
  const [only] = watched;
  if (watched.length === 1 && only) {
    // The log shows progress and the end in one; but only the status shows a task that was killed.
    return wantsProgress(state, only) && !spare ? readProgress(state, only) : checkStatus(state, only);
  }
  const progressing =
    spare &&
    nextOf(
      state,
      watched.filter((task) => wantsProgress(state, task)),
    );
  if (progressing) return readProgress(state, progressing);
  const unlisted =
    state.slot % 2 === 1 &&
    nextOf(
      state,
      watched.filter((task) => task.unlisted),
    );
  return unlisted ? checkStatus(state, unlisted) : checkList(state, watched);
}

function nextOf(state: PollerState, candidates: WatchedTask[]): WatchedTask | undefined {
  return candidates[state.turn++ % candidates.length];
}

function wantsProgress({ timing }: PollerState, task: WatchedTask): boolean {
  const isLong = performance.now() - task.since > timing.intervalMs;
  return isLong && !task.unlisted && [...task.waiters].some((waiter) => waiter.onProgress);
}

async function checkList(state: PollerState, watched: WatchedTask[]): Promise<void> {
  const limit = Math.max(100 + 2 * watched.length, state.listLimit);
  try {
    const since = Math.min(...watched.map((task) => task.startTime));
    const listed = await state.source.findTasks(state.node, { source: 'all', since, limit });
    const byUpid = new Map(listed.map((entry) => [entry.upid, entry]));
    for (const task of watched) {
      const entry = byUpid.get(task.upid);
      task.unlisted = !entry;
      if (entry?.status !== undefined && entry.status !== 'RUNNING') finish(state, task, entry.status);
      else again(state, task);
    }
    // A page too short for all: a longer one costs less than asking for the rest one by one.
    const isShort = listed.length >= limit && watched.some((task) => task.unlisted);
    state.listLimit = isShort ? Math.min(2 * limit, LIST_LIMIT_MAX) : 0;
  } catch (error) {
    for (const task of watched) {
      task.unlisted ||= isKind(error, 'final');
      postpone(state, task, error, isKind(error, 'auth'));
    }
  }
}

async function checkStatus(state: PollerState, task: WatchedTask): Promise<void> {
  try {
    const { status, exitstatus } = await state.source.taskStatus(task.upid);
    task.unlisted = false;
    if (status === 'stopped') finish(state, task, exitstatus ?? 'unexpected status');
    else again(state, task);
  } catch (error) {
    const isUnknown = error instanceof ProxmoxError && error.code === 'task_unknown';
    const isYoung = performance.now() - task.since <= state.timing.graceMs;
    postpone(state, task, error, isUnknown ? !isYoung : isKind(error, 'auth') || isKind(error, 'final'));
  }
}

async function readProgress(state: PollerState, task: WatchedTask): Promise<void> {
  try {
    const lines = await state.source.taskLog(task.upid, { start: task.logLines, limit: LOG_PAGE });
    task.unlisted = lines.some(isMissingLog);
    const text = lines.filter((line) => !isFiller(line));
    task.logLines += lines.filter((line) => line !== 'no content' && !isMissingLog(line)).length;
    again(state, task);
    const message = text.findLast((line) => exitStatusOf(line) === null);
    if (message !== undefined && !task.unlisted) {
      for (const waiter of task.waiters) waiter.onProgress?.({ percent: parsePercent(text), message });
    }
    // Proxmox itself takes the exit status from the last line of the log.
    const exitStatus = lines.length < LOG_PAGE ? exitStatusOf(text.at(-1) ?? '') : null;
    if (exitStatus !== null) finish(state, task, exitStatus);
  } catch (error) {
    postpone(state, task, error, isKind(error, 'auth'));
  }
}

function again({ timing }: PollerState, task: WatchedTask): void {
  const now = performance.now();
  if (task.failures > 1) for (const waiter of task.waiters) waiter.onTrouble?.(null);
  task.failures = 0;
  const backoff = Math.max(timing.firstCheckMs, now - task.since);
  task.nextCheckAt = now + (task.isCopy ? timing.intervalMs : Math.min(timing.intervalMs, backoff));
}

/** A missing answer says nothing about the task, so it only delays the next question; what cannot heal ends the wait. */
function postpone(state: PollerState, task: WatchedTask, error: unknown, giveUp: boolean): void {
  if (giveUp) {
    state.tasks.delete(task.upid);
    for (const waiter of task.waiters) waiter.reject(error);
    return;
  }
  task.nextCheckAt = performance.now() + state.timing.intervalMs * Math.min(2 ** task.failures, BACKOFF_MAX);
  task.failures++;
  if (task.failures > 1 && error instanceof ProxmoxError)
    for (const waiter of task.waiters) waiter.onTrouble?.(error);
}

function finish(state: PollerState, task: WatchedTask, exitStatus: string): void {
  state.tasks.delete(task.upid);
  const outcome = classifyTaskExit(exitStatus);
  const settle = (logTail: string[]) => {
    const result: TaskResult = { exitStatus, warnings: outcome.ok ? outcome.warnings : 0, logTail };
    for (const waiter of task.waiters) waiter.resolve(result);
  };
  // A log is worth a call only when the task did not simply work, and never worth holding up a crowd.
  if (exitStatus === 'OK' || state.finalLogs >= FINAL_LOGS_MAX) settle([]);
  else void readLogTail(state, task.upid).then(settle);
}

async function readLogTail(state: PollerState, upid: string): Promise<string[]> {
  state.finalLogs++;
  try {
    await state.budget.take();
    const lines = await state.source.taskLog(upid, { limit: 0 });
    return lines.filter((line) => !isFiller(line)).slice(-LOG_TAIL_LINES);
  } catch {
    return []; // the exit status is known, the log would only have explained it
  } finally {
    state.finalLogs--;
  }
}

/** Percentage in the newest line that has one, such as `transferred 1.0 GiB of 4.0 GiB (25.00%)` of a disk copy. */
export function parsePercent(lines: string[]): number | null {
  for (const line of lines.toReversed()) {
    const percent = /\((\d+(?:\.\d+)?)%\)/.exec(line)?.[1];
    if (percent !== undefined) return Math.min(100, Number(percent));
  }
  return null;
}

/** The exit status that a last log line stands for, or null for any other line. */
function exitStatusOf(line: string): string | null {
  const [, ok, warnings, error] = /^TASK (?:(OK)|(WARNINGS: \d+)|ERROR: (.*))$/.exec(line) ?? [];
  return ok ?? warnings ?? error ?? null;
}

const isKind = (error: unknown, kind: ProxmoxError['kind']) =>
  error instanceof ProxmoxError && error.kind === kind;
const isFiller = (line: string) => line === 'no content' || line.trim() === '';
const isMissingLog = (line: string) => line.startsWith('unable to open file');
