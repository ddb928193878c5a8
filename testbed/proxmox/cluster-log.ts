import { userOf } from './access-state.ts';
import type { ClusterState, TaskRecord } from './cluster-state.ts';
import { hasAny } from './permissions.ts';

interface Line {
  time: number;
  task: TaskRecord;
  msg: string;
}

function linesOf(task: TaskRecord): Line[] {
  const begin = { time: task.starttime, task, msg: `starting task ${task.upid}` };
  if (task.endtime === null) return [begin];
  const isGood = task.exitstatus === 'OK';
  const msg = `end task ${task.upid} ${isGood ? 'OK' : task.exitstatus}`;
  return [begin, { time: task.endtime, task, msg }];
}

/** The cluster's log, newest first: begin and end of tasks, one's own or with Sys.Syslog those of all. */
export function clusterLog(state: ClusterState, caller: string, max: number): unknown[] {
  const seesAll = hasAny(state, caller, '/', ['Sys.Syslog']);
  const lines = state.tasks
    .filter(({ user }) => seesAll || user === caller || userOf(user) === caller)
    .flatMap(linesOf)
    .toSorted((a, b) => a.time - b.time)
    .map(({ time, task, msg }, index) => ({
      id: `${index + 1}:${task.node}`,
      uid: String(index + 1),
      node: task.node,
      user: task.user,
      tag: 'pvedaemon',
      pid: 1500,
      pri: msg.startsWith('end task') && !msg.endsWith(' OK') ? 3 : 6,
      time,
      msg,
    }))
    .toReversed();
  return max > 0 ? lines.slice(0, max) : lines;
}
