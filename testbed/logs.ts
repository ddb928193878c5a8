import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

const LARGEST_LOG_BYTES = 10 * 1024 * 1024;

/** Makes the folder; a log that has grown large becomes `<name>.1`, replacing the one before. */
export async function rotateLogs(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(dir)) {
    const path = join(dir, name);
    if (name.endsWith('.log') && (await stat(path)).size > LARGEST_LOG_BYTES) await rename(path, `${path}.1`);
  }
}

/** bunyan's numbers. */
const WARN = 40;
const ERROR = 50;

/** A bunyan line of level warn or above as one readable line; undefined for anything else. */
export function importantLine(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as { level?: unknown; msg?: unknown; err?: { message?: string } };
    if (typeof entry.level !== 'number' || entry.level < WARN) return undefined;
    const cause = entry.err?.message ? `: ${entry.err.message}` : '';
    return `${entry.level >= ERROR ? 'error' : 'warning'}: ${String(entry.msg)}${cause}`;
  } catch {
    return undefined;
  }
}
