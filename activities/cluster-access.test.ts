import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClusterAccess, type ClusterAccess } from './cluster-access.ts';
import type { Database } from '../db/connect.ts';
import { insertCluster, updateCluster } from '../db/ensure-cluster.ts';
import type { Cluster } from '../db/models/cluster.ts';
import { createSecretBox } from '../db/secrets.ts';
import { startSimulator, type Simulator } from '../testbed/proxmox/simulator.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';

const box = createSecretBox(randomBytes(32));
let test: TestDatabase;
let database: Database;
let simulator: Simulator;
let cluster: Cluster;
let clusters: ClusterAccess;
beforeAll(async () => {
  [test, simulator] = await Promise.all([
    createTestDatabase(),
    startSimulator({ speed: 0, templates: false }),
  ]);
  ({ database } = test);
  cluster = await insertCluster(database, box, {
    name: 'fra1',
    location: 'Frankfurt',
    endpoints: [simulator.url],
    tlsFingerprint: simulator.fingerprint,
    tlsCa: null,
    tokenId: simulator.token.id,
    tokenSecret: 'former',
    snippetsStorage: null,
    snippetsDir: null,
  });
  clusters = createClusterAccess({ database, secretBox: box, recheckMs: 0 });
});
afterAll(async () => {
  await clusters.close();
  await simulator.close();
  await test.drop();
});

it('takes the new token as soon as the cluster has one, and keeps its connection while nothing changes', async () => {
  const former = await clusters.of(cluster.id);
  expect(await clusters.of(cluster.id)).toBe(former);
  await expect(former.proxmox.clusterResources('vm')).rejects.toMatchObject({ kind: 'auth' });
  await updateCluster(database, box, cluster, { tokenSecret: simulator.token.secret });
  const present = await clusters.of(cluster.id);
  expect(present).not.toBe(former);
  expect(await present.proxmox.clusterResources('vm')).toEqual([]);
});

it('goes on with what it has while the database is away', async () => {
  const present = await clusters.of(cluster.id);
  const real = database.client.acquireConnection;
  database.client.acquireConnection = () => Promise.reject(new Error('away'));
  try {
    expect(await clusters.of(cluster.id)).toBe(present);
  } finally {
    database.client.acquireConnection = real;
  }
});
