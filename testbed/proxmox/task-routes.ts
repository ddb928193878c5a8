import { userOf } from './access-state.ts';
import { badParameters } from './api-error.ts';
import type { Identity } from './authentication.ts';
import type { Cluster } from './cluster.ts';
import type { TaskRecord } from './cluster-state.ts';
import type { Values } from './parameters.ts';
import { hasAny, requireAll } from './permissions.ts';
import type { Call, Route } from './route.ts';
import { Download, ListAnswer } from './route.ts';
import { isUpid } from './tasks.ts';

interface ListedTask {
  [key: string]: unknown;
  upid: string;
  starttime: number;
  endtime?: number;
}

/** Whether a task is the caller's: a user's are those of the user's tokens too, a token's only its own. */
function isOwn(user: string, caller: Identity): boolean {
  return user === caller.user || (!caller.isToken && userOf(user) === caller.user);
}

/** A node's tasks, newest first: one's own, or with Sys.Audit those of all. */
export function listTasks(cluster: Cluster, node: string, caller: Identity, filter: Values): ListedTask[] {
  const { source = 'archive' } = filter;
  const seesAll = hasAny(cluster.plain, caller.user, `/nodes/${node}`, ['Sys.Audit']);
  return cluster.index
    .tasksOn(node)
    .filter((task) => seesAll || isOwn(task.user, caller))
    .filter(({ endtime }) => source === 'all' || (source === 'active') === (endtime === null))
    .filter(({ id }) => filter.vmid === undefined || id === String(filter.vmid))
    .filter(({ type }) => filter.typefilter === undefined || type === filter.typefilter)
    .filter(({ user }) => user.includes(String(filter.userfilter ?? '')))
    .filter(({ starttime }) => starttime >= Number(filter.since ?? 0))
    .filter(({ starttime }) => starttime <= Number(filter.until ?? Infinity))
    .filter((task) => !filter.errors || (task.exitstatus !== null && kindOf(task) !== 'ok'))
    .filter((task) => matchesStatus(task, filter.statusfilter))
    .toReversed()
    .map(listed);
}

function kindOf({ exitstatus }: TaskRecord): 'ok' | 'warning' | 'unknown' | 'error' {
  if (exitstatus === 'OK') return 'ok';
  if (exitstatus?.startsWith('WARNINGS')) return 'warning';
  return exitstatus === null || exitstatus === 'unexpected status' ? 'unknown' : 'error';
}

function matchesStatus(task: TaskRecord, filter: string | number | undefined): boolean {
  return filter === undefined || String(filter).split(/[;, ]/).includes(kindOf(task));
}

function listed(task: TaskRecord): ListedTask {
  const { upid, node, pid, pstart, starttime, type, id, user, endtime, exitstatus } = task;
  const common = { upid, node, pid, pstart, starttime, type, id };
  if (endtime === null) return { ...common, user, status: 'RUNNING', saved: '0' };
  return { ...common, ...splitUser(user), endtime, status: exitstatus ?? '' };
}

/** A token's id is shown apart from its user once a task is archived. */
function splitUser(user: string): { user: string; tokenid?: string } {
  const [name = '', tokenid] = user.split('!');
  return tokenid === undefined ? { user } : { user: name, tokenid };
}

function checkUpid(upid: string): void {
  if (!isUpid(upid)) throw badParameters({ upid: 'unable to parse worker upid' });
}

function requireTask({ cluster, params, node }: Call): TaskRecord {
  const upid = String(params.upid);
  checkUpid(upid);
  const task = cluster.tasks.find(upid);
  if (!task || task.node !== node) throw badParameters({ upid: 'no such task' });
  return task;
}

/** The tasks of others need a right on the node, also when there are no such tasks. */
function checkOwner({ cluster, params, node, caller }: Call, privilege: string): void {
  const upid = String(params.upid);
  checkUpid(upid);
  const user = upid.split(':')[7] ?? '';
  if (!isOwn(user, caller)) requireAll(cluster.plain, caller.user, `/nodes/${node}`, [privilege]);
}

/** /nodes/{node}/tasks. */
export const taskRoutes: Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/tasks',
    handle: ({ cluster, params, node, caller }) => {
      const all = listTasks(cluster, node, caller, params);
      const start = Number(params.start ?? 0);
      const limit = Number(params.limit ?? 50);
      return new ListAnswer(all.slice(start, limit === 0 ? undefined : start + limit), all.length);
    },
  },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}',
    handle: () => [{ name: 'log' }, { name: 'status' }],
  },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}/status',
    isForwarded: true,
    handle: (call) => {
      checkOwner(call, 'Sys.Audit');
      const { upid, node, pid, pstart, starttime, type, id, user, exitstatus } = requireTask(call);
      return {
        upid,
        node,
        pid,
        pstart,
        starttime,
        type,
        id,
        ...splitUser(user),
        ...(exitstatus === null ? { status: 'running' } : { status: 'stopped', exitstatus }),
      };
    },
  },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}/log',
    isForwarded: true,
    handle: (call) => {
      const { cluster, params, node } = call;
      checkOwner(call, 'Sys.Audit');
      const task = cluster.tasks.find(String(params.upid));
      if (!task || task.node !== node) {
        return new ListAnswer([{ n: 1, t: 'unable to open file - No such file or directory' }], 1);
      }
      if (params.download) {
        const { type, starttime, upid } = task;
        const time = new Date(starttime * 1000).toISOString().replace('.000', '');
        const file = `task-${node}-${type}-${time}.log`;
        return new Download({ file, name: upid, text: task.log.map((line) => `${line}\n`).join('') });
      }
      if (task.log.length === 0) return new ListAnswer([{ n: 1, t: 'no content' }], 1);
      const start = Number(params.start ?? 0);
      const limit = Number(params.limit ?? 50);
      const lines = task.log.map((t, index) => ({ n: index + 1, t }));
      const page = lines.slice(start, limit === 0 ? undefined : start + limit);
      return new ListAnswer(page, lines.length);
    },
  },
  {
    method: 'DELETE',
    path: '/nodes/{node}/tasks/{upid}',
    isForwarded: true,
    handle: async (call) => {
      checkOwner(call, 'Sys.Modify');
      const task = requireTask(call);
      await call.cluster.tasks.stop(task.upid);
      return null;
    },
  },
];
