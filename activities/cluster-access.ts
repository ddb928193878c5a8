import type { Database } from '../db/connect.ts';
import type { SecretBox } from '../db/secrets.ts';
import { Cluster } from '../db/models/cluster.ts';
import { Secret } from '../db/models/secret.ts';
import { createProxmox, type Proxmox, type ProxmoxOptions } from '../proxmox/client.ts';
import { createTaskWatcher, type TaskWatcher } from '../proxmox/tasks.ts';

export interface ClusterConnection {
  proxmox: Proxmox;
  /**
   * The same over connections of its own, for looks that are answered at once and must not be late: each guest that keeps
   * silent holds a connection of the other one for three seconds.
   */
  watching: Proxmox;
  tasks: TaskWatcher;
}

/** One client and one task watcher per cluster and process, so that polling does not grow with the work. */
export interface ClusterAccess {
  /** Another one than before once the cluster's row says something else; work under way keeps the one it has. */
  of(clusterId: string): Promise<ClusterConnection>;
  close(): Promise<void>;
}

export interface ClusterAccessOptions {
  database: Database;
  secretBox: SecretBox;
  taskPollMs?: number;
  /** How long a connection is believed before the cluster's row is read again. */
  recheckMs?: number;
  onCall?: ProxmoxOptions['onCall'];
}

const RECHECK_MS = 5_000;

interface Opened {
  connection: ClusterConnection;
  settings: string;
  checkedMs: number;
}

/** Opens clusters by what their rows say; the token is unsealed here and goes nowhere else. */
export function createClusterAccess({
  database,
  secretBox,
  taskPollMs,
  recheckMs = RECHECK_MS,
  onCall,
}: ClusterAccessOptions): ClusterAccess {
  const open = new Map<string, Opened>();
  const reading = new Map<string, Promise<Opened>>();
  const all: ClusterConnection[] = [];

  async function readOptions(clusterId: string) {
    const cluster = await Cluster.query(database).findById(clusterId).throwIfNotFound();
    const sealed = await Secret.query(database).findById(cluster.tokenSecretId).throwIfNotFound();
    return {
      endpoints: cluster.endpoints,
      token: { id: cluster.tokenId, secret: secretBox.open(sealed, sealed.purpose) },
      ...(cluster.tlsFingerprint ? { fingerprint: cluster.tlsFingerprint } : {}),
      ...(cluster.tlsCa ? { ca: cluster.tlsCa } : {}),
    };
  }

  function connect(given: Awaited<ReturnType<typeof readOptions>>): ClusterConnection {
    const options = { ...given, ...(onCall ? { onCall } : {}) };
    const watching = createProxmox(options);
    return {
      proxmox: createProxmox(options),
      watching,
      tasks: createTaskWatcher(watching, taskPollMs === undefined ? {} : { intervalMs: taskPollMs }),
    };
  }

  async function read(clusterId: string): Promise<Opened> {
    const known = open.get(clusterId);
    const checkedMs = performance.now();
    try {
      const options = await readOptions(clusterId);
      const settings = JSON.stringify(options);
      if (known?.settings === settings) return Object.assign(known, { checkedMs });
      const opened = { connection: connect(options), settings, checkedMs };
      all.push(opened.connection);
      open.set(clusterId, opened);
      return opened;
    } catch (err) {
      // What was good a moment ago serves while the database is away.
      if (known) return known;
      throw err;
    }
  }

  return {
    async of(clusterId) {
      const known = open.get(clusterId);
      if (known && performance.now() - known.checkedMs < recheckMs) return known.connection;
      let opened = reading.get(clusterId);
      if (!opened) {
        opened = read(clusterId).finally(() => reading.delete(clusterId));
        reading.set(clusterId, opened);
      }
      return (await opened).connection;
    },
    async close() {
      await Promise.all(all.flatMap(({ proxmox, watching }) => [proxmox.close(), watching.close()]));
    },
  };
}
