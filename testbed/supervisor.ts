import { setTimeout as delay } from 'node:timers/promises';
import { identifyProcess, type ProcessRecord } from './process-identity.ts';
import { startService, type RunningService, type ServiceSpec } from './service.ts';

export interface Supervisor {
  /** Starts these together and keeps each running; resolves when all answer. */
  start(specs: ServiceSpec[]): Promise<void>;
  /** Stops everything, what was started last first. */
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
  pids(): Record<string, number>;
}

export interface SupervisorOptions {
  onProgress: (message: string) => void;
  /** Called after each start, also of a replacement, with all processes that now run. */
  onChange: (processes: ProcessRecord[]) => Promise<void>;
  /** Gives up starting things; `stop` is still to be called. */
  signal: AbortSignal;
  firstBackoffMs?: number;
}

const LONGEST_BACKOFF_MS = 15_000;
/** A service that ran this long before it ended starts again without much delay. */
const HEALTHY_AFTER_MS = 30_000;

/** Runs services and starts one again, with back-off, when it dies. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { onProgress, onChange, firstBackoffMs = 250 } = options;
  const stop = new AbortController();
  const stopping = AbortSignal.any([stop.signal, options.signal]);
  const running = new Map<string, RunningService>();
  const processes = new Map<string, ProcessRecord>();
  const stages: ServiceSpec[][] = [];
  const starts: Promise<void>[] = [];
  const watches: Promise<void>[] = [];

  async function launch(spec: ServiceSpec): Promise<RunningService> {
    let recorded: Promise<void> = Promise.resolve();
    const onPid = (pid: number) => {
      recorded = identifyProcess(pid).then((identity = '') => {
        processes.set(spec.name, { name: spec.name, pid, identity, stopSignal: spec.stopSignal });
        return onChange([...processes.values()]);
      });
    };
    const service = await startService(spec, { onPid, signal: stopping }).catch(async (err: unknown) => {
      await recorded;
      processes.delete(spec.name);
      await onChange([...processes.values()]);
      throw err;
    });
    await recorded;
    running.set(spec.name, service);
    return service;
  }

  return {
    async start(specs) {
      stages.push(specs);
      const stage = specs.map(async (spec) => {
        const service = await launch(spec);
        watches.push(keepRunning({ spec, service, launch, stopping, onProgress, firstBackoffMs }));
      });
      starts.push(...stage);
      await Promise.all(stage);
    },
    async stop() {
      stop.abort();
      await Promise.allSettled(starts);
      for (const stage of stages.toReversed()) {
        await Promise.all(stage.map(async (spec) => running.get(spec.name)?.stop()));
      }
      await Promise.all(watches);
    },
    kill() {
      stop.abort();
      for (const service of running.values()) service.kill();
    },
    pids: () => Object.fromEntries([...processes.values()].map(({ name, pid }) => [name, pid])),
  };
}

interface Watch {
  spec: ServiceSpec;
  service: RunningService;
  launch: (spec: ServiceSpec) => Promise<RunningService>;
  stopping: AbortSignal;
  onProgress: (message: string) => void;
  firstBackoffMs: number;
}

async function keepRunning(watch: Watch): Promise<void> {
  const { spec, launch, stopping, onProgress, firstBackoffMs } = watch;
  let service: RunningService | undefined = watch.service;
  let failures = 0;
  while (!stopping.aborted) {
    if (service) {
      const since = Date.now();
      const how = await service.exited;
      if (stopping.aborted) return;
      if (Date.now() - since > HEALTHY_AFTER_MS) failures = 0;
      onProgress(`${spec.name} ended (${how}); starting it again`);
    }
    try {
      const pause = Math.min(firstBackoffMs * 2 ** failures, LONGEST_BACKOFF_MS);
      failures += 1;
      await delay(pause, undefined, { signal: stopping });
      service = await launch(spec);
      onProgress(`${spec.name} runs again (process ${service.pid})`);
    } catch (err) {
      service = undefined;
      if (!stopping.aborted) onProgress(err instanceof Error ? err.message : String(err));
    }
  }
}
