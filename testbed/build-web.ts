import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { waitForFileLock } from './file-lock.ts';
import { runTask } from './run-task.ts';

const SOURCES = ['web', 'contract', 'package-lock.json'];
const NOT_SOURCES = new Set(['dist', 'node_modules']);

/** Whether the built dashboard is missing or older than anything it is made of. */
export async function isWebOutdated(root: string): Promise<boolean> {
  const built = await stat(join(root, 'web', 'dist', 'index.html')).catch(() => undefined);
  if (!built) return true;
  const newest = await Promise.all(SOURCES.map((source) => newestChange(join(root, source))));
  return Math.max(...newest) > built.mtimeMs;
}

async function newestChange(path: string): Promise<number> {
  const info = await stat(path);
  if (!info.isDirectory()) return info.mtimeMs;
  const names = (await readdir(path)).filter((name) => !NOT_SOURCES.has(name) && !/\.test\.tsx?$/.test(name));
  const times = await Promise.all(names.map((name) => newestChange(join(path, name))));
  return Math.max(0, ...times);
}

export interface BuildWebOptions {
  root: string;
  logFile: string;
  signal: AbortSignal;
  onProgress: (message: string) => void;
}

/** Two runs, with data of their own, share the built dashboard: one builds it, the other waits. */
export async function buildWeb({ root, logFile, signal, onProgress }: BuildWebOptions): Promise<void> {
  if (!(await isWebOutdated(root))) return;
  const lock = await waitForFileLock(join(root, 'node_modules', '.berth-web.lock'), 'web build', {
    onWait: ({ pid }) => onProgress(`process ${pid} is building the dashboard; waiting for it`),
    signal,
  });
  try {
    if (!(await isWebOutdated(root))) return;
    onProgress('building the dashboard');
    const args = ['node_modules/vite/bin/vite.js', 'build', 'web'];
    await runTask({ name: 'web', args, cwd: root, env: { NODE_ENV: 'production' }, logFile, signal });
  } finally {
    await lock.release();
  }
}
