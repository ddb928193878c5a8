import { badParameters } from './api-error.ts';
import type { Identity } from './authentication.ts';
import type { Cluster } from './cluster.ts';
import type { TaskArguments } from './cluster-state.ts';
import type { FaultCall } from './faults.ts';
import type { Parameters, Values } from './parameters.ts';
import { taskFaultOf } from './task-fault.ts';

/** One call after all checks: parameters of path, query and body together. */
export interface Call {
  cluster: Cluster;
  params: Values;
  node: string;
  vmid: number;
  caller: Identity;
  /** The literal root@pam by ticket; a token never is. */
  isRoot: boolean;
  /** Method and path with placeholders. */
  routeName: string;
  /** The request as injected faults look at it. */
  asked: FaultCall;
}

/** An answer with more than `data` in it. */
export class ListAnswer {
  readonly data: unknown[];
  readonly total: number;

  constructor(data: unknown[], total: number) {
    this.data = data;
    this.total = total;
  }
}

/** An answer that is a file to keep, gzipped on its way. */
export class Download {
  readonly file: string;
  /** The name in the gzip header. */
  readonly name: string;
  readonly text: string;

  constructor({ file, name, text }: { file: string; name: string; text: string }) {
    this.file = file;
    this.name = name;
    this.text = text;
  }
}

/** An answer whose `data` is JSON already. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below /api2/json, with parameters as `{name}`. */
  path: string;
  /** What it takes besides what the API schema says. */
  parameters?: Parameters;
  /** Carried out by pvedaemon, which shows in a second Connection header. */
  isForwarded?: boolean;
  isPublic?: boolean;
  handle: (call: Call) => unknown;
}

/** Starts a task in the caller's name and answers its UPID. */
export function startTask(call: Call, type: string, id: string | number, args: TaskArguments = {}): string {
  return call.cluster.tasks.start(type, {
    node: call.node,
    id,
    user: call.caller.user,
    args,
    fault: taskFaultOf(call),
  }).upid;
}

interface Match {
  route: Route;
  pathParameters: Record<string, string>;
}

const splitPaths = new WeakMap<Route, string[]>();

function partsOf(route: Route): string[] {
  const known = splitPaths.get(route) ?? route.path.split('/').filter(Boolean);
  splitPaths.set(route, known);
  return known;
}

/** Finds the route of a path; the parameters come out percent-decoded. */
export function findRoute(routes: Route[], method: string, path: string): Match | undefined {
  const all = path.split('/').filter(Boolean);
  for (const route of routes) {
    if (route.method !== method) continue;
    const wanted = partsOf(route);
    // A volume's name may have slashes in it.
    const parts = route.path.endsWith('/{volume}')
      ? [...all.slice(0, wanted.length - 1), all.slice(wanted.length - 1).join('/')]
      : all;
    if (wanted.length !== parts.length) continue;
    const pathParameters: Record<string, string> = {};
    const fits = wanted.every((name, i) => {
      const part = parts[i] ?? '';
      if (!name.startsWith('{')) return name === part;
      pathParameters[name.slice(1, -1)] = decodeURIComponent(part);
      return true;
    });
    if (fits) return { route, pathParameters };
  }
  return undefined;
}

/** `skiplock` is for the literal root@pam only. */
export function checkSkipLock({ params, isRoot }: Call): void {
  if (params.skiplock !== undefined && !isRoot) {
    throw badParameters({ skiplock: 'Only root may use this option.' });
  }
}
