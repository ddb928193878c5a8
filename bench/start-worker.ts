import { fileURLToPath } from 'node:url';
import { startService, type RunningService } from '../testbed/service.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Starts Node with these arguments, and waits until the program prints `ready`. */
export async function startWorker(args: string[], env: Record<string, string> = {}): Promise<RunningService> {
  const isReady = Promise.withResolvers<void>();
  return startService({
    name: 'worker',
    command: process.execPath,
    args,
    cwd: ROOT,
    env,
    onLine: (line) => (line === 'ready' ? isReady.resolve() : console.error(line)),
    ready: () => isReady.promise,
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 30_000,
  });
}
