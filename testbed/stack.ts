import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { takeFileLock } from './file-lock.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import { rotateLogs } from './logs.ts';
import { endOrphans } from './orphans.ts';
import type { ServiceSpec } from './service.ts';
import { createSupervisor } from './supervisor.ts';

/** What a run tells programs, in run.json. */
export interface RunInfo {
  dashboardUrl: string;
  [name: string]: unknown;
}

export interface Stack {
  /** Starts services together, and from then on starts each again when it dies. */
  start(specs: ServiceSpec[]): Promise<void>;
  /** Aborted when the run is to end. */
  signal: AbortSignal;
  onProgress: (message: string) => void;
}

export interface StackOptions {
  /** Holds the lock, run.json, logs and all data of the stack. */
  dataDir: string;
  onProgress: (message: string) => void;
  /** Ends the run. */
  signal: AbortSignal;
  /** Ends it without waiting for anybody. */
  force?: AbortSignal;
  onUp?: (run: RunInfo) => void;
  firstBackoffMs?: number;
}

export function stackFiles(dataDir: string) {
  return {
    lock: join(dataDir, 'lock'),
    run: join(dataDir, 'run.json'),
    processes: join(dataDir, 'processes.json'),
    logs: join(dataDir, 'logs'),
  };
}

/**
 * Brings a stack up as `build` tells, keeps it running until `signal`, and leaves no process, port or lock behind.
 * run.json is written when `build` has ended, follows the pids, and goes away first.
 */
export async function runStack(
  options: StackOptions,
  build: (stack: Stack) => Promise<RunInfo>,
): Promise<void> {
  const { dataDir, onProgress, signal, force } = options;
  const files = stackFiles(dataDir);
  await mkdir(dataDir, { recursive: true });
  // Others may pass through on the way to the database's files, but not look around.
  await chmod(dataDir, 0o711);
  const lock = await takeFileLock(files.lock, 'npm start');
  if ('heldBy' in lock) throw new Error(await describeRun(files.run, lock.heldBy.pid));
  await rm(files.run, { force: true });
  try {
    await endOrphans(files.processes, onProgress);
    await rotateLogs(files.logs);
    let run: RunInfo | undefined;
    let written: Promise<void> = Promise.resolve();
    const write = (file: string, value: unknown) => {
      written = written.then(() => writeJsonFile(file, value));
      return written;
    };
    const ending = new AbortController();
    // Also when one part fails, what the others still prepare is given up.
    const over = AbortSignal.any([signal, ending.signal]);
    const supervisor = createSupervisor({
      onProgress,
      signal: over,
      onChange: (processes) => {
        const recorded = write(files.processes, processes);
        if (!run || signal.aborted) return recorded;
        return write(files.run, { ...run, pids: supervisor.pids() });
      },
      ...(options.firstBackoffMs ? { firstBackoffMs: options.firstBackoffMs } : {}),
    });
    force?.addEventListener('abort', () => supervisor.kill());
    try {
      run = await build({ start: (specs) => supervisor.start(specs), signal: over, onProgress });
      await write(files.run, { ...run, pids: supervisor.pids() });
      options.onUp?.(run);
      await untilAborted(signal);
    } catch (err) {
      if (!signal.aborted) throw err;
    } finally {
      ending.abort();
      await written.catch(() => undefined);
      await rm(files.run, { force: true });
      await supervisor.stop();
      await written.catch(() => undefined);
      await rm(files.processes, { force: true });
    }
  } finally {
    await lock.release();
  }
}

async function describeRun(runFile: string, pid: number): Promise<string> {
  const run = await readJsonFile<RunInfo>(runFile);
  return run
    ? `Berth already runs (process ${pid}) at ${run.dashboardUrl}; more in ${runFile}`
    : `Berth is already starting or stopping (process ${pid})`;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    // A timer of its own keeps the process alive when everything can be somebody else's server.
    const alive = setInterval(() => undefined, 60_000);
    signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
}
