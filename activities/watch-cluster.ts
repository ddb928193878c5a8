import { setTimeout as delay } from 'node:timers/promises';
import { askAgents } from './ask-agents.ts';
import type { ClusterAccess, ClusterConnection } from './cluster-access.ts';
import { createObserver, type Observer } from './observe-servers.ts';
import { syncCluster } from './sync-cluster.ts';
import { whileElected, type Tenure } from './while-elected.ts';
import type { Database } from '../db/connect.ts';
import { Cluster } from '../db/models/cluster.ts';
import type { Log } from '../log.ts';

interface WatcherOptions {
  database: Database;
  databaseUrl: string;
  clusters: ClusterAccess;
  log: Log;
  signal: AbortSignal;
  /** Between two looks at power states; a call per node each. */
  intervalMs?: number;
  /** Between two readings of nodes, storages and templates. */
  syncIntervalMs?: number;
  /** Between two questions to guest agents of the same node. */
  agentIntervalMs?: number;
  /** How long a watcher that gives no sign of life stays elected. */
  leaseMs?: number;
  /** Called once the cluster has been read, could not be, or turned out to be another worker's to watch. */
  onFirstLook?: (clusterId: string) => void;
}

type ClusterWatcherOptions = WatcherOptions & { clusterId: string };

const INTERVAL_MS = 5_000;
const SYNC_INTERVAL_MS = 60_000;
const AGENT_INTERVAL_MS = 10_000;

/** Watches every cluster there is, also those that are added while it runs. Ends with `signal`. */
export async function watchClusters(options: WatcherOptions): Promise<void> {
  const { database, log, signal, syncIntervalMs = SYNC_INTERVAL_MS } = options;
  const watched = new Map<string, Promise<void>>();
  const reading = createNotice(
    log,
    {},
    'the list of clusters cannot be read',
    'the list of clusters can be read again',
  );
  while (!signal.aborted) {
    try {
      for (const { id: clusterId } of await Cluster.query(database)) {
        if (!watched.has(clusterId)) watched.set(clusterId, watchCluster({ ...options, clusterId }));
      }
      reading.worked();
    } catch (err) {
      reading.failed(err);
    }
    await delay(syncIntervalMs, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(watched.values());
}

/**
 * Keeps what is known of a cluster fresh: one watcher per cluster however many workers there are; when the elected one is
 * gone another takes over. Ends with `signal`.
 */
async function watchCluster(options: ClusterWatcherOptions): Promise<void> {
  const { databaseUrl, clusterId, log, signal, intervalMs = INTERVAL_MS, leaseMs } = options;
  const name = `watch ${clusterId}`;
  const lease = leaseMs === undefined ? {} : { leaseMs };
  const election = createNotice(log, { clusterId }, 'the watcher starts over', 'a watcher is at work again');
  while (!signal.aborted) {
    try {
      const wasElected = await whileElected(
        { databaseUrl, name, applicationName: 'berth watcher', signal, ...lease },
        async (tenure) => {
          election.worked();
          await watchWhileElected(options, tenure);
        },
      );
      election.worked();
      if (!wasElected) options.onFirstLook?.(clusterId);
    } catch (err) {
      if (!signal.aborted) election.failed(err);
    }
    await delay(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Power states wait for neither templates nor guest agents: those are read beside them. */
async function watchWhileElected(options: ClusterWatcherOptions, tenure: Tenure): Promise<void> {
  const { clusters, clusterId, log, intervalMs = INTERVAL_MS } = options;
  const { signal } = tenure;
  const reading = createNotice(
    log,
    { clusterId },
    'the cluster cannot be read; its servers will show as unknown',
    'the cluster can be read again',
  );
  let jobs: Jobs | undefined;
  let isKnown = false;
  while (!signal.aborted) {
    try {
      const connection = await clusters.of(clusterId);
      if (jobs?.tasks !== connection.tasks) {
        // None yet, or somebody has changed how the cluster is reached.
        await settled(jobs);
        jobs = planJobs(options, tenure, connection);
      }
      const learning = jobs.sync.begin();
      isKnown ||= await hasNodes(tenure, clusterId);
      // Of a new cluster there is nothing to look at before that.
      if (!isKnown) await learning;
      await jobs.observer.observe();
      void jobs.agents.begin();
      reading.worked();
    } catch (err) {
      if (!signal.aborted) reading.failed(err);
    }
    if (!signal.aborted) options.onFirstLook?.(clusterId);
    await delay(intervalMs, undefined, { signal }).catch(() => undefined);
  }
  await settled(jobs);
}

async function settled(jobs: Jobs | undefined): Promise<void> {
  await jobs?.sync.settled();
  await jobs?.agents.settled();
}

async function hasNodes({ query }: Tenure, clusterId: string): Promise<boolean> {
  return (await query('select from nodes where cluster_id = $1 limit 1', [clusterId])).length > 0;
}

interface Jobs {
  /** Of the connection they use, and of no other. */
  tasks: ClusterConnection['tasks'];
  observer: Observer;
  sync: Job;
  agents: Job;
}

function planJobs(options: ClusterWatcherOptions, tenure: Tenure, connection: ClusterConnection): Jobs {
  const { database, clusterId, log, intervalMs = INTERVAL_MS } = options;
  const { syncIntervalMs = SYNC_INTERVAL_MS, agentIntervalMs = AGENT_INTERVAL_MS } = options;
  const { proxmox, tasks } = connection;
  const turn = async (node: string) => {
    await tasks.urgentTurn(node);
    tenure.signal.throwIfAborted();
  };
  const notice = (what: string) =>
    createNotice(log, { clusterId }, `${what} cannot be read`, `${what} can be read again`);
  return {
    tasks,
    observer: createObserver({ ...tenure, clusterId, connection, patienceMs: intervalMs }),
    sync: createJob(syncIntervalMs, tenure.signal, notice('nodes, storages and templates'), () =>
      syncCluster(database, clusterId, proxmox, turn),
    ),
    agents: createJob(agentIntervalMs, tenure.signal, notice('addresses of guests'), () =>
      askAgents(tenure, clusterId, connection),
    ),
  };
}

interface Job {
  /** Begins it when it is due and not under way. Resolves, also after a failure, when nothing is under way any more. */
  begin: () => Promise<void>;
  settled: () => Promise<void>;
}

/** Something to do now and then, one at a time; what failed is due at once. */
function createJob(intervalMs: number, signal: AbortSignal, notice: Notice, work: () => Promise<void>): Job {
  let doneAt = -Infinity;
  let running: Promise<void> | undefined;
  const run = async () => {
    try {
      await work();
      doneAt = performance.now();
      notice.worked();
    } catch (err) {
      if (!signal.aborted) notice.failed(err);
    } finally {
      running = undefined;
    }
  };
  const settled = () => running ?? Promise.resolve();
  return {
    begin() {
      if (!running && performance.now() - doneAt >= intervalMs) running = run();
      return settled();
    },
    settled,
  };
}

interface Notice {
  failed: (err: unknown) => void;
  worked: () => void;
}

/** Tells once that something goes wrong, and once that it is over. */
function createNotice(log: Log, fields: object, wrong: string, over: string): Notice {
  let isWell = true;
  return {
    failed(err) {
      if (isWell) log.warn({ ...fields, err }, wrong);
      isWell = false;
    },
    worked() {
      if (!isWell) log.info(fields, over);
      isWell = true;
    },
  };
}
