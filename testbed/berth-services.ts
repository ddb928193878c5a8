import { connect } from 'node:tls';
import type { ServiceSpec } from './service.ts';
import { waitUntil } from './wait-until.ts';

export interface BerthServiceOptions {
  root: string;
  logFile: string;
  env: Record<string, string>;
  onLine: (line: string) => void;
}

/** A Node program of this project that says over HTTP, with status 200, that it is ready. */
function nodeService(
  name: string,
  program: string,
  healthUrl: string,
  options: BerthServiceOptions,
): ServiceSpec {
  const { root, logFile, env, onLine } = options;
  return {
    name,
    command: process.execPath,
    args: [program],
    cwd: root,
    env,
    logFile,
    onLine,
    ready: (signal) =>
      waitUntil(() => answersOk(healthUrl, signal), { signal, timeoutMs: 180_000, what: healthUrl }),
    readyTimeoutMs: 180_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 30_000,
  };
}

export function apiService(url: string, options: BerthServiceOptions): ServiceSpec {
  return nodeService('api', 'api/main.ts', `${url}/readyz`, options);
}

export function workerService(url: string, options: BerthServiceOptions): ServiceSpec {
  return nodeService('worker', 'activities/worker.ts', `${url}/healthz`, options);
}

async function answersOk(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(3_000)]) });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}

export interface SimulatorOptions extends BerthServiceOptions {
  name: string;
  port: number;
  controlPort: number;
  stateFile: string;
  /** 1 is realistic, 0 as fast as possible. */
  speed: string;
  /** More of its options, such as what a new cluster holds. */
  args?: string[];
}

/** A Proxmox simulator, and the SHA-256 fingerprint of its certificate once it answers. */
export function simulatorService(options: SimulatorOptions): {
  spec: ServiceSpec;
  fingerprint: () => string;
} {
  const { name, root, logFile, env, onLine, port, controlPort, stateFile, speed } = options;
  let fingerprint: string | undefined;
  const look = async () => {
    fingerprint = await readFingerprint(port);
    return fingerprint !== undefined;
  };
  const args = ['--port', String(port), '--control-port', String(controlPort), '--speed', speed];
  args.push('--state-file', stateFile, ...(options.args ?? []));
  const spec: ServiceSpec = {
    name,
    command: process.execPath,
    args: ['testbed/proxmox/main.ts', ...args],
    cwd: root,
    env,
    logFile,
    onLine,
    ready: (signal) => waitUntil(look, { signal, what: `the Proxmox simulator (${name})` }),
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
  };
  return { spec, fingerprint: () => fingerprint ?? '' };
}

/** The certificate's fingerprint as the server on this loopback port shows it; undefined while none answers. */
function readFingerprint(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    // Only looked at, nothing is sent: whom to trust is decided by the fingerprint itself.
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, timeout: 2_000 });
    const end = (fingerprint?: string) => {
      socket.destroy();
      resolve(fingerprint);
    };
    socket.once('secureConnect', () => end(socket.getPeerCertificate().fingerprint256));
    socket.once('error', () => end());
    socket.once('timeout', () => end());
  });
}
