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

/** Starts the program and waits until it answers; leaves no process behind when it does not. */
export async function startService(
  spec: ServiceSpec,
  onPid?: (pid: number) => void,
): Promise<RunningService> {
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
  onPid?.(pid);
  await waitUntilReady(spec, service, tail);
  return service;
}

async function waitUntilReady(spec: ServiceSpec, service: RunningService, tail: string[]): Promise<void> {
  const abort = new AbortController();
  const problem = async (what: string) => {
    await delay(50); // lets the last lines of a process that just ended arrive
    return new Error([`${spec.name} ${what}`, ...tail.map((line) => `  ${line}`)].join('\n'));
  };
  try {
    await Promise.race([
      spec.ready(abort.signal),
      service.exited.then(async (how) => {
        throw await problem(`ended with ${how} before it was ready`);
      }),
      delay(spec.readyTimeoutMs, undefined, { signal: abort.signal }).then(async () => {
        throw await problem(`did not become ready within ${spec.readyTimeoutMs / 1000} s`);
      }),
    ]);
  } catch (err) {
    service.kill();
    await service.exited;
    throw err;
  } finally {
    abort.abort();
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
