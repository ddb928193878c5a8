import type { IncomingMessage, ServerResponse } from 'node:http';

import { ensureAccess } from './access-state.ts';
import { callerNamed } from './authentication.ts';
import type { ApiToken, ClusterState } from './cluster-state.ts';
import { createClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { createClusterIndex } from './cluster-index.ts';
import type { Cluster } from './cluster.ts';
import { pruneWorkers } from './backup-routes.ts';
import { backupWorkers } from './backup-vms.ts';
import { createConsoleSockets, refusalOfUpgrade } from './console-websocket.ts';
import type { ConsoleSockets } from './console-websocket.ts';
import { consoleWorkers } from './console-workers.ts';
import { dispatch } from './dispatch.ts';
import { downloadWorkers } from './download-url.ts';
import type { FaultRule } from './fault-rule.ts';
import { createFaults } from './faults.ts';
import type { FaultCall, Faults } from './faults.ts';
import { haWorkers, runHaManager } from './ha-manager.ts';
import { listen, sendAnswer } from './http-server.ts';
import { createFileLocks } from './locks.ts';
import { migrateWorkers } from './migrate-vm.ts';
import { isLost, misbehaviour } from './misbehave.ts';
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
import { trackState } from './tracked-state.ts';
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
  /** How many nodes a new cluster has; 3 by default. */
  nodes?: number;
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
  /** Null for a call without an answer. */
  status: number | null;
  /** What has hit it on purpose. */
  faults: FaultCall['faults'];
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
  clock: Pick<Clock, 'now' | 'speed' | 'advance'>;
  /** For looking only: what really exists. */
  state: ClusterState;
  /** The last calls, oldest first. */
  calls: RecordedCall[];
  close(): Promise<void>;
}

const WORKERS = {
  ...vmWorkers,
  ...powerWorkers,
  ...haWorkers,
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

/** Starts a simulated Proxmox VE cluster that answers HTTPS on loopback. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, speed = 1, stateFile } = options;
  const kept = stateFile ? await loadState(stateFile) : undefined;
  const plain = ensureAccess(kept ?? options.state ?? seedCluster(options));
  if (!kept) for (const vm of options.vms ?? []) addSeedVm(plain, vm);
  if (options.token) {
    plain.token = options.token;
    ensureAccess(plain);
  }
  if (options.rootPassword) plain.rootPassword = options.rootPassword;
  const certificate = options.tls ?? (await loadCertificate(stateFile));
  const tracked = trackState(plain);
  const { state } = tracked;
  const clock = createClock(state, speed);
  const scaled = (ms: number, leastMs = 0): number => Math.max(Math.round(ms * clock.speed), leastMs);
  const known = {
    nodes: state.nodes.map(({ node }) => node),
    storages: [...new Set(state.storages.map(({ storage }) => storage))],
  };
  const faults = createFaults(known, (rules) => clock.skew(skewOf(rules)));
  const cluster: Cluster = {
    state,
    plain,
    index: createClusterIndex(tracked),
    clock,
    faults,
    scaled,
    locks: createFileLocks(clock),
    consoles: new Map(),
    store: createStateStore(tracked, stateFile),
    tasks: createTasks(() => cluster, tracked, WORKERS),
    broadcast: createBroadcast(() => cluster),
    fingerprint: fingerprintOf(certificate.cert),
    certificate: certificate.cert,
  };
  cluster.broadcast.start();
  cluster.tasks.resume();
  resumeTimers(cluster);
  runHaManager(cluster);

  const calls: RecordedCall[] = [];
  const sockets = createConsoleSockets();
  const isReset = (): boolean =>
    faults.take(['resetTls'], { method: '', path: '', user: '', faults: [] }) !== undefined;
  const server = await listen({ host, port, ...certificate, isReset }, (req, res, head) => {
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
    clock,
    state,
    calls,
    close: async () => {
      faults.clear();
      sockets.close();
      await server.close();
      cluster.tasks.close();
      clock.close();
      await cluster.store.close();
    },
  };
}

/** How wrong faults have set the clocks, in milliseconds. */
function skewOf(rules: FaultRule[]): number {
  return rules.reduce((sum, rule) => sum + (rule.action === 'clockSkew' ? rule.seconds * 1000 : 0), 0);
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
  const record: RecordedCall = { method, path, at: Date.now(), status: null, faults: [] };
  calls.push(record);
  if (calls.length > KEPT_CALLS) calls.splice(0, calls.length - KEPT_CALLS);
  if (isLost(req)) return;
  const body = upgrade ? Buffer.alloc(0) : await readAll(req);
  const call = { method, path: pathname, user: callerNamed(req.headers), faults: record.faults };
  cluster.faults.hit('clockSkew', undefined, call);
  const before = misbehaviour(cluster.faults, call, 'before');
  await before.wait();
  if (await before.spoil(res, { status: 200, reason: 'OK', body: null }, cluster.clock.shown())) {
    record.status = res.headersSent ? res.statusCode : null;
    return;
  }
  const after = misbehaviour(cluster.faults, call, 'after');
  const called = await dispatch(cluster, req, body, call);
  // The headers of an upgrade count more than what the call says, but less than who makes it.
  const answer = (upgrade && called.body !== null ? refusalOfUpgrade(req) : undefined) ?? called;
  // What an answer tells has to survive a kill.
  cluster.store.save();
  await after.wait();
  const isSpoiled = await after.spoil(res, answer, cluster.clock.shown());
  if (!isSpoiled && upgrade && answer.status === 200) {
    res.detachSocket(req.socket);
    upgrade.sockets.connect(cluster, req, upgrade.head);
  } else if (!isSpoiled && !res.destroyed) sendAnswer(res, answer, cluster.clock.shown());
  record.status = isSpoiled && !res.headersSent ? null : (res.statusCode ?? null);
}

async function readAll(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
