import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

/** The first of these programs found on PATH, as an absolute path. */
export async function findOnPath(...names: string[]): Promise<string | undefined> {
  const dirs = (process.env['PATH'] ?? '').split(':').filter(Boolean);
  for (const path of names.flatMap((name) => dirs.map((dir) => join(dir, name)))) {
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}
