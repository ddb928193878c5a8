import { appendFile } from 'node:fs/promises';
import { execa } from 'execa';

export interface TaskSpec {
  name: string;
  /** Arguments of Node. */
  args: string[];
  cwd: string;
  env: Record<string, string>;
  logFile: string;
  signal: AbortSignal;
}

/** `runTask` with all but these settled. */
export type RunNamedTask = (name: string, args: string[], env?: Record<string, string>) => Promise<void>;

const SHOWN_LINES = 15;

/** Runs a Node program to its end, output into the log; an error carries the last lines. */
export async function runTask({ name, args, cwd, env, logFile, signal }: TaskSpec): Promise<void> {
  const result = await execa(process.execPath, args, {
    cwd,
    env,
    stdin: 'ignore',
    all: true,
    reject: false,
    cancelSignal: signal,
    forceKillAfterDelay: 5_000,
  });
  await appendFile(logFile, `${result.all}\n`, { mode: 0o600 });
  signal.throwIfAborted();
  if (!result.failed) return;
  const lines = result.all.trim().split('\n').slice(-SHOWN_LINES);
  throw new Error(
    [`${name} failed (all of it in ${logFile}):`, ...lines.map((line) => `  ${line}`)].join('\n'),
  );
}
