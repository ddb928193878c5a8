import type { Cluster } from '../../contract/clusters.ts';
import type { Cluster as ClusterRow } from '../../db/models/cluster.ts';

export function toClusterView(row: ClusterRow): Cluster {
  const {
    id,
    name,
    location,
    endpoints,
    tokenId,
    tlsFingerprint,
    tlsCa,
    copiesPerStorage,
    startsPerNode,
    rescueIso,
    createdAt,
  } = row;
  const hasTlsCa = tlsCa !== null;
  return {
    id,
    name,
    location,
    endpoints,
    tokenId,
    tlsFingerprint,
    hasTlsCa,
    copiesPerStorage,
    startsPerNode,
    rescueIso,
    createdAt: createdAt.toISOString(),
  };
}
