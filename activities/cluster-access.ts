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
  of(clusterId: string): Promise<ClusterConnection>;
  close(): Promise<void>;
}

export interface ClusterAccessOptions {
  database: Database;
  secretBox: SecretBox;
  taskPollMs?: number;
  onCall?: ProxmoxOptions['onCall'];
}

/** Opens clusters by what their rows say; the token is unsealed here and goes nowhere else. */
export function createClusterAccess({
  database,
  secretBox,
  taskPollMs,
  onCall,
}: ClusterAccessOptions): ClusterAccess {
  const open = new Map<string, Promise<ClusterConnection>>();

  async function connect(clusterId: string): Promise<ClusterConnection> {
    const cluster = await Cluster.query(database).findById(clusterId).throwIfNotFound();
    const sealed = await Secret.query(database).findById(cluster.tokenSecretId).throwIfNotFound();
    const options = {
      endpoints: cluster.endpoints,
      token: { id: cluster.tokenId, secret: secretBox.open(sealed, sealed.purpose) },
      ...(cluster.tlsFingerprint ? { fingerprint: cluster.tlsFingerprint } : {}),
      ...(cluster.tlsCa ? { ca: cluster.tlsCa } : {}),
      ...(onCall ? { onCall } : {}),
    };
    const watching = createProxmox(options);
    return {
      proxmox: createProxmox(options),
      watching,
      tasks: createTaskWatcher(watching, taskPollMs === undefined ? {} : { intervalMs: taskPollMs }),
    };
  }

  return {
    of(clusterId) {
      let connection = open.get(clusterId);
      if (!connection) {
        connection = connect(clusterId);
        open.set(clusterId, connection);
        connection.catch(() => open.delete(clusterId));
      }
      return connection;
    },
    async close() {
      for (const connection of open.values()) {
        const { proxmox, watching } = await connection;
        await Promise.all([proxmox.close(), watching.close()]);
      }
    },
  };
}
