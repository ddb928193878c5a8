import { readJsonFile } from './json-file.ts';
import { isRunning, type ProcessRecord } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

const GRACE_MS = 20_000;

/**
 * Ends what a killed run left running, as recorded in `file`. A process whose number was given to another program
 * since is recognised by its start time and left alone.
 */
export async function endOrphans(file: string, onProgress: (message: string) => void): Promise<void> {
  const records = (await readJsonFile<ProcessRecord[]>(file)) ?? [];
  await Promise.all(
    records.map(async (record) => {
      if (!(await isRunning(record))) return;
      onProgress(`stopping ${record.name} (process ${record.pid}), left over from a run that was killed`);
      send(record.pid, record.stopSignal ?? 'SIGTERM');
      const gone = async () => !(await isRunning(record));
      try {
        await waitUntil(gone, { timeoutMs: GRACE_MS });
      } catch {
        send(record.pid, 'SIGKILL');
        await waitUntil(gone, { what: `${record.name} to end` });
      }
    }),
  );
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended meanwhile
  }
}
