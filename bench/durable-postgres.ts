import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { preparePostgres } from '../testbed/postgres-server.ts';
import { startService } from '../testbed/service.ts';
import type { Undo } from './with-clean-up.ts';

/** Starts PostgreSQL as in production, with fsync; its data goes when the program ends. */
export async function startDurablePostgres(
  folder: string,
  undo: Undo[],
): Promise<{ url: string; pid: number }> {
  const { spec, url, dataDir } = await preparePostgres({
    dataDir: join(folder, 'postgres'),
    durable: true,
    onProgress: console.error,
  });
  const service = await startService({ ...spec, removeDir: dataDir });
  undo.push(async () => {
    await service.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return { url, pid: service.pid };
}
