import { Connection } from '@temporalio/client';
import { freePort } from './free-port.ts';
import { startService, type ServiceSpec } from './service.ts';
import { findTemporal, type FindOptions } from './temporal-binary.ts';
import { waitUntil } from './wait-until.ts';
import { SEARCH_ATTRIBUTES } from '../contract/temporal.ts';

export interface TemporalOptions extends FindOptions {
  /** Where workflows are kept; in memory when left out. Not to be shared between versions of the server. */
  dbFile?: string;
  /** Free ones when left out. */
  port?: number;
  uiPort?: number;
  /** Of what it tells about itself for Prometheus; a free one when left out. */
  metricsPort?: number;
  /** Without the Web UI. */
  headless?: boolean;
  logFile?: string;
  /** From `findTemporal`, which is asked when this is left out. */
  executable?: string;
}

export interface TemporalServer {
  /** host:port */
  address: string;
  pid: number;
  stop(): Promise<void>;
}

/** Starts a Temporal development server on loopback with namespace `default` and Berth's search attributes. */
export async function startTemporal(options: TemporalOptions = {}): Promise<TemporalServer> {
  const { spec, address } = await prepareTemporal(options);
  const service = await startService(spec);
  return { address, pid: service.pid, stop: () => service.stop() };
}

/** Finds the program and says how to run it. */
export async function prepareTemporal(
  options: TemporalOptions,
): Promise<{ spec: ServiceSpec; address: string; uiUrl?: string }> {
  const command = options.executable ?? (await findTemporal(options));
  const port = options.port ?? (await freePort());
  const address = `127.0.0.1:${port}`;
  const uiPort = options.headless ? undefined : (options.uiPort ?? (await freePort()));
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'warn'];
  // A person's own settings for other servers (~/.config/temporalio) must not reach this one.
  args.push('--disable-config-file', '--disable-config-env');
  args.push(...(uiPort ? ['--ui-port', String(uiPort)] : ['--headless']));
  if (options.metricsPort) args.push('--metrics-port', String(options.metricsPort));
  // Database activities then start with the workflow's own answer, without a way through the task queue.
  args.push('--dynamic-config-value', 'system.enableActivityEagerExecution=true');
  args.push(...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]));
  if (options.dbFile) {
    args.push('--db-filename', options.dbFile);
    // Without these two a server on disk does half the work in the same time.
    args.push('--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=1');
  }
  const spec: ServiceSpec = {
    name: 'temporal',
    command,
    args,
    ...(options.logFile ? { logFile: options.logFile } : {}),
    ready: (signal) => waitUntilServing(address, signal),
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
  };
  return { spec, address, ...(uiPort ? { uiUrl: `http://127.0.0.1:${uiPort}` } : {}) };
}

/** Asks the server itself for its namespace, so that "ready" means that a workflow can be started. */
async function waitUntilServing(address: string, signal: AbortSignal): Promise<void> {
  const connection = Connection.lazy({ address, connectTimeout: '1s' });
  const serves = () =>
    connection
      .withDeadline(Date.now() + 1_000, () =>
        connection.workflowService.describeNamespace({ namespace: 'default' }),
      )
      .then(
        () => true,
        () => false,
      );
  try {
    await waitUntil(serves, { signal, what: `Temporal at ${address}` });
  } finally {
    await connection.close();
  }
}
