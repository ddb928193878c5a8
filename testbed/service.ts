import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { guardProcess } from './guard-process.ts';

/** How to run one long-lived program. */
export interface ServiceSpec {
  name: string;
  command: string;
  args: string[];
  /** Added to this process's own environment. */
  env?: Record<string, string>;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Its output is appended here. */
  logFile?: string;
  onLine?: (line: string) => void;
  /** Done before each start. */
  beforeStart?: () => void | Promise<void>;
  /** Resolves once the program really answers; asked anew after each start. */
  ready: (signal: AbortSignal) => Promise<void>;
  readyTimeoutMs: number;
  stopSignal: NodeJS.Signals;
  /** After this long it is killed. */
  stopTimeoutMs: number;
  /** Removed by the guard when this process is killed and so cannot do it. */
  removeDir?: string;
}

export interface RunningService {
  pid: number;
  /** Resolves to a description such as "exit code 1" once the process has ended. */
  exited: Promise<string>;
  stop(): Promise<void>;
  kill(): void;
}

const TAIL_LINES = 15;

export interface StartOptions {
  /** Called as soon as the process exists, long before it answers. */
  onPid?: (pid: number) => void;
  /** Gives up waiting and stops the process. */
  signal?: AbortSignal;
}

/** Starts the program and waits until it answers; leaves no process behind when it does not. */
export async function startService(spec: ServiceSpec, options: StartOptions = {}): Promise<RunningService> {
  await spec.beforeStart?.();
  options.signal?.throwIfAborted();
  // Its own process group: a Ctrl-C in the terminal reaches only the parent, which stops its children in order.
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: { ...process.env, ...spec.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(spec.uid === undefined ? {} : { uid: spec.uid, gid: spec.gid }),
  });
  await once(child, 'spawn');
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${spec.name} has no process id`);
  const release = guardProcess(pid, spec.stopSignal, spec.removeDir);
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      release();
      resolve(signal ? `signal ${signal}` : `exit code ${code}`);
    });
  });
  const tail = readOutput(child, spec);
  const service: RunningService = {
    pid,
    exited,
    kill: () => killGroup(pid),
    stop: async () => {
      child.kill(spec.stopSignal);
      const timer = setTimeout(() => killGroup(pid), spec.stopTimeoutMs);
      await exited;
      clearTimeout(timer);
    },
  };
  options.onPid?.(pid);
  await waitUntilReady(spec, service, tail, options.signal);
  return service;
}

async function waitUntilReady(
  spec: ServiceSpec,
  service: RunningService,
  tail: string[],
  stopped?: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const signal = stopped ? AbortSignal.any([over.signal, stopped]) : over.signal;
  const fail = async (what: string): Promise<never> => {
    await delay(50); // lets the last lines of a process that just ended arrive
    throw new Error([`${spec.name} ${what}`, ...tail.map((line) => `  ${line}`)].join('\n'));
  };
  const timeLimit = delay(spec.readyTimeoutMs, undefined, { signal });
  try {
    await Promise.race([
      spec.ready(signal),
      service.exited.then((how) => fail(`ended with ${how} before it was ready`)),
      timeLimit.then(() => fail(`did not become ready within ${spec.readyTimeoutMs / 1_000} s`)),
    ]);
  } catch (err) {
    await service.stop();
    throw err;
  } finally {
    over.abort();
  }
}

function readOutput(child: ChildProcess, spec: ServiceSpec): string[] {
  const tail: string[] = [];
  const log = spec.logFile ? createWriteStream(spec.logFile, { flags: 'a', mode: 0o600 }) : undefined;
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log?.write(`${line}\n`);
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      spec.onLine?.(line);
    });
  }
  child.once('close', () => log?.end());
  return tail;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // already gone
  }
}
