import { activityInfo, cancellationDetails, cancellationSignal, heartbeat } from '@temporalio/activity';
import { raw } from 'objection';
import type { Deps } from './deps.ts';
import { noteProgress } from './note-progress.ts';
import type { VmContext } from './vm-context.ts';
import { databaseTime } from '../db/database-time.ts';
import { Operation } from '../db/models/operation.ts';
import { OperationTask } from '../db/models/operation-task.ts';
import type { TaskListEntry } from '../proxmox/answers.ts';
import { classifyTaskExit, ProxmoxError } from '../proxmox/errors.ts';
import type { TaskResult } from '../proxmox/tasks.ts';
import { say } from '../contract/sayings.ts';

export interface TaskRequest {
  /** What the task is remembered under within its operation. */
  step: string;
  node: string;
  /** As they stand in the UPID: a clone's id is that of its source. */
  type: string;
  vmid: number;
  /** Tells our lost task from another one of the same type and id. */
  isOurs?: (task: TaskListEntry) => Promise<boolean>;
  start: () => Promise<string>;
  /** Whether the task may be stopped when the operation is cancelled. */
  stopOnCancel?: boolean;
  /** For an action whose effect cannot be seen afterwards (a reboot): its good end is taken as proof. */
  leavesNoTrace?: boolean;
}

/**
 * Runs one Proxmox task for a step, once: goes on with the one saved before, adopts the one whose answer was lost, or
 * starts it; saves its id before waiting. Throws a ProxmoxError when it fails.
 */
export async function runTask(deps: Deps, vm: VmContext, request: TaskRequest): Promise<void> {
  const { database } = deps;
  const key = { operationId: vm.claim.operationId, step: request.step };
  const saved = await OperationTask.query(database).findById([key.operationId, key.step]);
  if (request.leavesNoTrace && saved?.exitStatus && classifyTaskExit(saved.exitStatus).ok) return;

  let upid = saved && !saved.finishedAt ? saved.upid : null;
  if (!upid) {
    upid =
      (activityInfo().attempt > 1 ? await findLostTask(deps, vm, request) : null) ?? (await request.start());
    await OperationTask.query(database)
      .insert({ ...key, upid, exitStatus: null, finishedAt: null, startedAt: raw('now()') })
      .onConflict(['operation_id', 'step'])
      .merge();
  }
  heartbeat({ upid });
  const { exitStatus, logTail } = await waitForTask(deps, vm, request, upid);
  await OperationTask.query(database)
    .findById([key.operationId, key.step])
    .patch({ exitStatus, finishedAt: raw('now()') });
  const verdict = classifyTaskExit(exitStatus, logTail);
  if (!verdict.ok) throw verdict.error;
}

/** A node that was set up anew, or whose log is gone, cannot tell how a task ended: only what is there can. */
const FORGOTTEN: TaskResult = { exitStatus: 'unexpected status', warnings: 0, logTail: [] };

async function waitForTask(
  deps: Deps,
  vm: VmContext,
  request: TaskRequest,
  upid: string,
): Promise<TaskResult> {
  let reported = -Infinity;
  try {
    return await vm.tasks.wait(upid, {
      signal: cancellationSignal(),
      onPoll: () => heartbeat({ upid }),
      onProgress: ({ percent }) => {
        if (percent === null || performance.now() - reported < 1_000) return;
        reported = performance.now();
        void noteProgress(deps, vm.claim, { percent }).catch(() => undefined);
      },
      onTrouble: (error) => {
        const note = error && say('waiting_for_task', { reason: error.message });
        void noteProgress(deps, vm.claim, { note }).catch(() => undefined);
      },
    });
  } catch (err) {
    if (err instanceof ProxmoxError && err.code === 'task_unknown') return FORGOTTEN;
    if (request.stopOnCancel && cancellationDetails()?.cancelRequested) {
      await vm.proxmox.stopTask(upid);
      await vm.tasks.wait(upid, { signal: AbortSignal.timeout(10_000) });
    }
    throw err;
  }
}

/** How far the clocks of PostgreSQL and of the node may drift apart meanwhile; both are asked. */
const CLOCK_SKEW_S = 300;
/** Of one type and id, newest first. A template may be copied many times in the life of one operation. */
const TASKS_LOOKED_AT = 500;

/**
 * The task of an earlier attempt whose answer never arrived: started by our token since the operation began, known to no
 * operation, and later than the last one known of this server (those before it have had their turn; only the last is kept).
 */
async function findLostTask(
  { database }: Deps,
  vm: VmContext,
  { node, type, vmid, isOurs }: TaskRequest,
): Promise<string | null> {
  const startedAt = vm.operation.startedAt ?? vm.operation.createdAt;
  const ageS = ((await databaseTime(database)).getTime() - startedAt.getTime()) / 1_000;
  const since = Math.floor((await vm.proxmox.nodeTime(node)) - ageS - CLOCK_SKEW_S);
  const last = await OperationTask.query(database)
    .whereIn('operationId', Operation.query(database).select('id').where('serverId', vm.server.id))
    .where('upid', 'like', `UPID:${node}:%`)
    .orderBy('startedAt', 'desc')
    .first();
  const tasks = await vm.proxmox.findTasks(node, { typefilter: type, vmid, since, limit: TASKS_LOOKED_AT });
  for (const task of tasks) {
    if (ownerOf(task) !== vm.server.cluster?.tokenId) continue;
    if (last && !isLater(task.upid, last.upid)) continue;
    if (await OperationTask.query(database).findOne({ upid: task.upid })) continue;
    if (isOurs && !(await isOurs(task))) continue;
    return task.upid;
  }
  return null;
}

/**
 * By the node's clocks in the UPID, both in hex: the second it was, which may be set back, and the hundredths since the node
 * booted, which begin anew. One of them has gone on.
 */
function isLater(upid: string, than: string): boolean {
  const [startedAt, ticks] = clocksOf(upid);
  const [thanStartedAt, thanTicks] = clocksOf(than);
  return startedAt > thanStartedAt || ticks > thanTicks;
}

function clocksOf(upid: string): [startedAt: number, ticks: number] {
  const [, , , ticks = '', startedAt = ''] = upid.split(':');
  return [Number.parseInt(startedAt, 16), Number.parseInt(ticks, 16)];
}

/** A running task names its token in `user`, an ended one in `tokenid`. */
export const ownerOf = ({ user, tokenid }: TaskListEntry): string => (tokenid ? `${user}!${tokenid}` : user);

/** True for the error Proxmox gives when there is nothing under that id. */
export const isMissing = (err: unknown): boolean => err instanceof ProxmoxError && err.kind === 'missing';
