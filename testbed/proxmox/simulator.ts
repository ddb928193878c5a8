import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { ensureAccess } from './access-state.ts';
import type { ApiToken, ClusterState, TaskFaultRecord } from './cluster-state.ts';
import type { Cluster } from './cluster.ts';
import { pruneWorkers } from './backup-routes.ts';
import { backupWorkers } from './backup-vms.ts';
import { createConsoleSockets, refusalOfUpgrade } from './console-websocket.ts';
import type { ConsoleSockets } from './console-websocket.ts';
import { consoleWorkers } from './console-workers.ts';
import { dispatch } from './dispatch.ts';
import { downloadWorkers } from './download-url.ts';
import { createFaults } from './faults.ts';
import type { FaultOf, Faults } from './faults.ts';
import { listen, sendAnswer } from './http-server.ts';
import { createFileLocks } from './locks.ts';
import { migrateWorkers } from './migrate-vm.ts';
import { moveWorkers } from './move-disk.ts';
import { powerWorkers, resumeTimers } from './power-workers.ts';
import type { Release } from './privileges.ts';
import { addSeedVm, type SeedVm } from './seed-vm.ts';
import { seedCluster } from './seed.ts';
import { restoreWorkers } from './restore-vm.ts';
import { snapshotWorkers } from './snapshot-workers.ts';
import { storageWorkers } from './storage-routes.ts';
import { createStateStore, loadState } from './state-store.ts';
import { createBroadcast } from './status-broadcast.ts';
import { createTasks } from './tasks.ts';
import { fingerprintOf, loadCertificate } from './tls-certificate.ts';
import { vmWorkers } from './vm-workers.ts';

export interface SimulatorOptions {
  /** 0, the default, takes a free port. */
  port?: number;
  host?: string;
  /** Multiplies durations: 1 is realistic, 0 as fast as possible (tasks stay asynchronous). */
  speed?: number;
  /** Keeps the cluster across restarts; running tasks then go on. */
  stateFile?: string;
  /** PEM; by default made once and kept beside the state file. */
  tls?: { key: string; cert: string };
  token?: ApiToken;
  rootPassword?: string;
  /** What a new cluster answers as; 9.2 by default. */
  release?: Release;
  /** VMs that a new cluster has from the start; one that is kept in the state file gets none. */
  vms?: Iterable<SeedVm>;
  /** False: a new cluster without the templates that Berth offers. */
  templates?: boolean;
  /** A new cluster to begin with instead of the seeded one. */
  state?: ClusterState;
}

interface RecordedCall {
  method: string;
  path: string;
  at: number;
  status: number | null;
}

export interface Simulator {
  url: string;
  /** SHA-256 of the certificate, colon hex. */
  fingerprint: string;
  /** The certificate in PEM, to be trusted as a CA. */
  ca: string;
  token: ApiToken;
  rootPassword: string;
  faults: Pick<Faults, 'add' | 'clear' | 'list'>;
  /** For looking only: what really exists. */
  state: ClusterState;
  /** The last calls, oldest first. */
  calls: RecordedCall[];
  close(): Promise<void>;
}

const WORKERS = {
  ...vmWorkers,
  ...powerWorkers,
  ...snapshotWorkers,
  ...storageWorkers,
  ...downloadWorkers,
  ...consoleWorkers,
  ...moveWorkers,
  ...migrateWorkers,
  ...backupWorkers,
  ...pruneWorkers,
  ...restoreWorkers,
};
const KEPT_CALLS = 2000;
const BROADCAST_MS = 10_000;

/** Starts a simulated Proxmox VE cluster that answers HTTPS on loopback. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, speed = 1, stateFile } = options;
  const kept = stateFile ? await loadState(stateFile) : undefined;
  const state = ensureAccess(kept ?? options.state ?? seedCluster(options));
  if (!kept) for (const vm of options.vms ?? []) addSeedVm(state, vm);
  if (options.token) {
    state.token = options.token;
    ensureAccess(state);
  }
  if (options.rootPassword) state.rootPassword = options.rootPassword;
  const certificate = options.tls ?? (await loadCertificate(stateFile));
  const scaled = (ms: number, leastMs = 0): number => Math.max(Math.round(ms * speed), leastMs);
  const faults = createFaults();
  const cluster: Cluster = {
    state,
    faults,
    scaled,
    locks: createFileLocks(),
    consoles: new Map(),
    store: createStateStore(state, stateFile),
    tasks: createTasks(() => cluster, WORKERS),
    broadcast: createBroadcast(() => cluster, scaled(BROADCAST_MS, 50)),
    fingerprint: fingerprintOf(certificate.cert),
    certificate: certificate.cert,
  };
  cluster.broadcast.pass();
  cluster.tasks.resume();
  resumeTimers(cluster);
  await cluster.store.save();

  const calls: RecordedCall[] = [];
  const sockets = createConsoleSockets();
  const server = await listen({ host, port, ...certificate }, (req, res, head) => {
    handleRequest(cluster, calls, req, res, head && { head, sockets }).catch((err: unknown) => {
      process.stderr.write(`simulator fault: ${err instanceof Error ? err.stack : String(err)}\n`);
      res.destroy();
    });
  });
  return {
    url: `https://${host}:${server.port}`,
    fingerprint: cluster.fingerprint,
    ca: certificate.cert,
    token: state.token,
    rootPassword: state.rootPassword,
    faults,
    state,
    calls,
    close: async () => {
      sockets.close();
      await server.close();
      cluster.tasks.close();
      cluster.broadcast.close();
      await cluster.store.save();
    },
  };
}

async function handleRequest(
  cluster: Cluster,
  calls: RecordedCall[],
  req: IncomingMessage,
  res: ServerResponse,
  upgrade?: { head: Buffer; sockets: ConsoleSockets },
): Promise<void> {
  const method = req.method ?? '';
  const path = (req.url ?? '').replace(/^\/api2\/[^/]+/, '');
  const [pathname = ''] = path.split('?');
  const record: RecordedCall = { method, path, at: Date.now(), status: null };
  calls.push(record);
  if (calls.length > KEPT_CALLS) calls.splice(0, calls.length - KEPT_CALLS);
  const body = upgrade ? Buffer.alloc(0) : await readAll(req);
  const call = { method, path: pathname };
  const wire = ['drop', 'hang', 'delay', 'status'] as const;
  const before = cluster.faults.take(wire, call, 'before');
  if (before && (await misbehave(before, res, req.socket))) return;
  const after = cluster.faults.take(wire, call, 'after');
  const called = await dispatch(cluster, req, body, takeTaskFault(cluster, call));
  // The headers of an upgrade count more than what the call says, but less than who makes it.
  const answer = (upgrade && called.body !== null ? refusalOfUpgrade(req) : undefined) ?? called;
  // What an answer tells has to survive a kill.
  if (method !== 'GET') await cluster.store.save();
  if (after && (await misbehave(after, res, req.socket))) return;
  record.status = answer.status;
  if (upgrade && answer.status === 200) {
    res.detachSocket(req.socket);
    upgrade.sockets.connect(cluster, req, upgrade.head);
  } else if (!res.destroyed) sendAnswer(res, answer);
}

type WireFault = FaultOf<'drop' | 'hang' | 'delay' | 'status'>;

/** Does what a fault says to the connection; true when there is nothing left to answer. */
async function misbehave(fault: WireFault, res: ServerResponse, socket: Socket): Promise<boolean> {
  switch (fault.action) {
    case 'drop':
      socket.destroy();
      return true;
    case 'hang':
      return true;
    case 'delay':
      await new Promise((resolve) => setTimeout(resolve, fault.ms));
      return false;
    case 'status': {
      const { status, reason } = fault;
      const body =
        status >= 595 || status === 401 ? null : JSON.stringify({ data: null, message: `${reason}\n` });
      sendAnswer(res, {
        status,
        reason,
        body,
        ...(body === null ? {} : { contentType: 'application/json;charset=UTF-8' }),
      });
      return true;
    }
  }
}

function takeTaskFault(cluster: Cluster, call: { method: string; path: string }): TaskFaultRecord | null {
  if (call.method === 'GET') return null;
  const rule = cluster.faults.take(['failTask', 'staleLock', 'slowTask'], call);
  if (!rule) return null;
  switch (rule.action) {
    case 'failTask':
      return { kind: 'fail', message: rule.message, atPercent: rule.atPercent ?? 0, ms: 0 };
    case 'staleLock':
      return { kind: 'kill', message: '', atPercent: rule.atPercent ?? 0, ms: 0 };
    case 'slowTask':
      return { kind: 'slow', message: '', atPercent: 100, ms: rule.ms };
  }
}

async function readAll(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
