import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

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
