import type { Database } from '../db/connect.ts';
import { Cluster } from '../db/models/cluster.ts';

/** Nobody waits in line with this many. */
export const MORE_THAN_ALL = 10_000;

/** Lets so many operations copy onto one storage, and start new VMs on one node, at once. */
export async function limitSlots(database: Database, limit: number): Promise<void> {
  await Cluster.query(database).patch({ copiesPerStorage: limit, startsPerNode: limit });
}
