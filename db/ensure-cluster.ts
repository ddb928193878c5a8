import type { Database } from './connect.ts';
import type { SecretBox } from './secrets.ts';
import { Cluster } from './models/cluster.ts';
import { Secret } from './models/secret.ts';

export interface ClusterSettings {
  name: string;
  location: string;
  endpoints: string[];
  tlsFingerprint: string | null;
  tlsCa: string | null;
  tokenId: string;
  tokenSecret: string;
  snippetsStorage: string | null;
  snippetsDir: string | null;
}

const PURPOSE = 'cluster-token';

/** Makes the cluster's row say what the environment says, with the token sealed; adds the row when it is missing. */
export async function ensureCluster(database: Database, box: SecretBox, settings: ClusterSettings): Promise<Cluster> {
  const { tokenSecret, ...columns } = settings;
  return database.transaction(async (trx) => {
    // Two processes may start at once.
    await trx.raw("select pg_advisory_xact_lock(hashtext('ensure-cluster'))");
    const secret = await Secret.query(trx).insertAndFetch({ purpose: PURPOSE, ...box.seal(tokenSecret, PURPOSE) });
    const present = await Cluster.query(trx).findOne({ name: settings.name });
    if (!present) return Cluster.query(trx).insertAndFetch({ ...columns, tokenSecretId: secret.id });
    const updated = await present.$query(trx).patchAndFetch({ ...columns, tokenSecretId: secret.id });
    await Secret.query(trx).deleteById(present.tokenSecretId);
    return updated;
  });
}
