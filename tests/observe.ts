import { randomUUID } from 'node:crypto';
import type { Estate } from './stack.ts';
import type { ClusterConnection } from '../activities/cluster-access.ts';
import { createObserver } from '../activities/observe-servers.ts';
import { whileElected, type Tenure } from '../activities/while-elected.ts';

/** Runs `work` as a watcher that nobody competes with. */
export async function asWatcher(estate: Estate, work: (tenure: Tenure) => Promise<void>): Promise<void> {
  const { signal } = new AbortController();
  const election = { databaseUrl: estate.databaseUrl, name: randomUUID(), applicationName: 'test', signal };
  await whileElected(election, work);
}

/** One look at everything, as a watcher that has just been elected takes it. */
export async function observe(estate: Estate, changed: Partial<ClusterConnection> = {}): Promise<void> {
  const connection = { ...(await estate.deps.clusters.of(estate.cluster.id)), ...changed };
  await asWatcher(estate, async (tenure) =>
    createObserver({ ...tenure, clusterId: estate.cluster.id, connection }).observe(),
  );
}
