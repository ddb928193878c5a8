import type { Knex } from 'knex';
import type { PartialModelObject } from 'objection';
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
  /** Left out, it stays as it is. */
  rescueIso?: string | null | undefined;
}

const PURPOSE = 'cluster-token';

/** Makes the cluster's row say what the environment says, with the token sealed; adds the row when it is missing. */
export async function ensureCluster(
  database: Database,
  box: SecretBox,
  settings: ClusterSettings,
): Promise<Cluster> {
  return database.transaction(async (trx) => {
    // Two processes may start at once.
    await trx.raw("select pg_advisory_xact_lock(hashtext('ensure-cluster'))");
    const present = await Cluster.query(trx).findOne({ name: settings.name });
    if (!present) return insertCluster(trx, box, settings);
    const { rescueIso = present.rescueIso, ...given } = settings;
    return updateCluster(trx, box, present, { ...given, rescueIso });
  });
}

/** Changes what is given; a new token is sealed and the former one forgotten. */
export async function updateCluster(
  trx: Knex,
  box: SecretBox,
  { id, tokenSecretId: former }: Cluster,
  { tokenSecret, ...columns }: Omit<PartialModelObject<Cluster>, 'tokenSecretId'> & { tokenSecret?: string },
): Promise<Cluster> {
  if (tokenSecret === undefined) return Cluster.query(trx).patchAndFetchById(id, columns);
  const tokenSecretId = await sealToken(trx, box, tokenSecret);
  const updated = await Cluster.query(trx).patchAndFetchById(id, { ...columns, tokenSecretId });
  await Secret.query(trx).deleteById(former);
  return updated;
}

/** Adds a cluster with its token sealed; rejects when there is one of that name. */
export async function insertCluster(
  trx: Knex,
  box: SecretBox,
  { tokenSecret, rescueIso = null, ...columns }: ClusterSettings,
): Promise<Cluster> {
  const tokenSecretId = await sealToken(trx, box, tokenSecret);
  return Cluster.query(trx).insertAndFetch({ ...columns, rescueIso, tokenSecretId });
}

/** How a cluster is reached, with its token unsealed. */
export async function openConnection(database: Knex, box: SecretBox, cluster: Cluster) {
  const sealed = await Secret.query(database).findById(cluster.tokenSecretId).throwIfNotFound();
  const { endpoints, tokenId, tlsFingerprint, tlsCa, rescueIso } = cluster;
  return {
    endpoints,
    tokenId,
    tokenSecret: box.open(sealed, PURPOSE),
    ...(tlsFingerprint ? { tlsFingerprint } : {}),
    ...(tlsCa ? { tlsCa } : {}),
    ...(rescueIso ? { rescueIso } : {}),
  };
}

async function sealToken(trx: Knex, box: SecretBox, tokenSecret: string): Promise<string> {
  const sealed = { purpose: PURPOSE, ...box.seal(tokenSecret, PURPOSE) };
  const { id } = await Secret.query(trx).insertAndFetch(sealed);
  return id;
}

interface ClusterEnvironment {
  PROXMOX_URL?: string[] | undefined;
  PROXMOX_FINGERPRINT?: string | undefined;
  PROXMOX_CA?: string | undefined;
  PROXMOX_TOKEN_ID?: string | undefined;
  PROXMOX_TOKEN_SECRET?: string | undefined;
  PROXMOX_LOCATION: string;
  PROXMOX_SNIPPETS_STORAGE?: string | undefined;
  PROXMOX_SNIPPETS_DIR?: string | undefined;
  PROXMOX_RESCUE_ISO?: string | undefined;
}

/** The cluster that the `PROXMOX_*` variables describe, or null when they describe none. */
export async function ensureClusterFromEnv(
  database: Database,
  box: SecretBox,
  env: ClusterEnvironment,
): Promise<Cluster | null> {
  const { PROXMOX_URL: endpoints, PROXMOX_TOKEN_ID: tokenId, PROXMOX_TOKEN_SECRET: tokenSecret } = env;
  if (!endpoints || !tokenId || !tokenSecret) return null;
  return ensureCluster(database, box, {
    name: 'default',
    location: env.PROXMOX_LOCATION,
    endpoints,
    tlsFingerprint: env.PROXMOX_FINGERPRINT ?? null,
    tlsCa: env.PROXMOX_CA ?? null,
    tokenId,
    tokenSecret,
    snippetsStorage: env.PROXMOX_SNIPPETS_STORAGE ?? null,
    snippetsDir: env.PROXMOX_SNIPPETS_DIR ?? null,
    rescueIso: env.PROXMOX_RESCUE_ISO,
  });
}
