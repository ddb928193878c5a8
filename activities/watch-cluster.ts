import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { syncCluster } from './sync-cluster.ts';
import type { ClusterAccess } from './cluster-access.ts';
import type { Database } from '../db/connect.ts';
import { Cluster } from '../db/models/cluster.ts';
import { Node } from '../db/models/node.ts';
import type { Log } from '../log.ts';
import type { Proxmox } from '../proxmox/client.ts';

const SYNC_INTERVAL_MS = 60_000;

interface WatcherOptions {
  database: Database;
  databaseUrl: string;
  clusters: ClusterAccess;
  log: Log;
  signal: AbortSignal;
  /** Between two looks at power states; at least a call per node each. */
  intervalMs?: number;
  /** Between two readings of nodes, storages and templates. */
  syncIntervalMs?: number;
  /** Called once the cluster has been read, could not be, or turned out to be another worker's to watch. */
  onFirstLook?: (clusterId: string) => void;
}

/** Watches every cluster there is, also those that are added while it runs. Ends with `signal`. */
export async function watchClusters(options: WatcherOptions): Promise<void> {
  const { database, log, signal, syncIntervalMs = SYNC_INTERVAL_MS } = options;
  const watched = new Map<string, Promise<void>>();
  while (!signal.aborted) {
    try {
      for (const { id: clusterId } of await Cluster.query(database)) {
        if (!watched.has(clusterId)) watched.set(clusterId, watchCluster({ ...options, clusterId }));
      }
    } catch (err) {
      log.warn({ err }, 'the list of clusters cannot be read');
    }
    await delay(syncIntervalMs, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(watched.values());
}

/**
 * Keeps what is known of a cluster fresh: one watcher per cluster however many workers there are, elected by a session
 * advisory lock; when its worker dies PostgreSQL drops the lock and another one takes over. Ends with `signal`.
 */
async function watchCluster(options: WatcherOptions & { clusterId: string }): Promise<void> {
  const { databaseUrl, clusterId, log, signal, intervalMs = 5_000 } = options;
  while (!signal.aborted) {
    const session = new pg.Client({
      connectionString: databaseUrl,
      application_name: 'berth watcher',
      keepAlive: true,
    });
    session.on('error', () => undefined);
    try {
      await session.connect();
      const { rows } = await session.query<{ elected: boolean }>(
        'select pg_try_advisory_lock(hashtext($1)) as elected',
        [`watch ${clusterId}`],
      );
      if (rows[0]?.elected) await watchWhileElected(options, session);
      else options.onFirstLook?.(clusterId);
    } catch (err) {
      if (!signal.aborted) log.warn({ err, clusterId }, 'the watcher starts over');
    } finally {
      await session.end().catch(() => undefined);
    }
    await delay(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

async function watchWhileElected(
  options: WatcherOptions & { clusterId: string },
  session: pg.Client,
): Promise<void> {
  const {
    database,
    clusters,
    clusterId,
    log,
    signal,
    intervalMs = 5_000,
    syncIntervalMs = SYNC_INTERVAL_MS,
  } = options;
  let syncedAt = -Infinity;
  let wasReadable = true;
  while (!signal.aborted) {
    await session.query('select 1');
    try {
      const { proxmox } = await clusters.of(clusterId);
      if (performance.now() - syncedAt > syncIntervalMs) {
        await syncCluster(database, clusterId, proxmox);
        syncedAt = performance.now();
      }
      await observeServers(database, clusterId, proxmox);
      if (!wasReadable) log.info({ clusterId }, 'the cluster can be read again');
      wasReadable = true;
    } catch (err) {
      if (wasReadable)
        log.warn({ err, clusterId }, 'the cluster cannot be read; its servers will show as unknown');
      wasReadable = false;
    }
    options.onFirstLook?.(clusterId);
    await delay(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Records which servers run, node by node (a node's own list is current, /cluster/resources is not). A node that cannot
 * be asked leaves its servers' last observation to grow old, which shows as *unknown*. An unchanged state is rewritten
 * only every 20 s.
 */
export async function observeServers(database: Database, clusterId: string, proxmox: Proxmox): Promise<void> {
  const online = new Set(
    (await proxmox.nodes()).filter(({ status }) => status === 'online').map(({ node }) => node),
  );
  const nodes = await Node.query(database).where({ clusterId });
  for (const { id, name, status } of nodes) {
    const now = online.has(name) ? 'online' : 'offline';
    if (status !== now)
      await Node.query(database).findById(id).patch({ status: now, observedAt: new Date() });
  }
  const readings = nodes
    .filter(({ name }) => online.has(name))
    .map((node) => observeNode(database, node, proxmox));
  const failed = (await Promise.allSettled(readings)).find((reading) => reading.status === 'rejected');
  if (failed) throw failed.reason;
}

async function observeNode(database: Database, node: Node, proxmox: Proxmox): Promise<void> {
  const askedAt = new Date();
  const vms = await proxmox.listVms(node.name);
  await database.raw(
    `update servers s set power_state = seen.state, power_observed_at = ?, node_id = ?
     from unnest(?::int[], ?::text[]) as seen (vmid, state)
     join vmid_leases l on l.vmid = seen.vmid and l.cluster_id = ?
     where s.id = l.server_id and s.lifecycle in ('active', 'suspended', 'deleting')
       and (s.power_observed_at is null or s.power_observed_at < ?)
       and (s.power_state <> seen.state or s.node_id is distinct from ?
         or s.power_observed_at is null or s.power_observed_at < ?::timestamptz - interval '20 seconds')`,
    [
      askedAt,
      node.id,
      vms.map(({ vmid }) => vmid),
      vms.map(({ status }) => (status === 'running' || status === 'stopped' ? status : 'unknown')),
      node.clusterId,
      askedAt,
      node.id,
      askedAt,
    ],
  );
}
