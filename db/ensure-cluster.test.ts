import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureCluster, ensureClusterFromEnv, type ClusterSettings } from './ensure-cluster.ts';
import { createSecretBox } from './secrets.ts';
import { Cluster } from './models/cluster.ts';
import { Secret } from './models/secret.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';

const box = createSecretBox(randomBytes(32));
const SETTINGS: ClusterSettings = {
  name: 'default',
  location: 'Testville',
  endpoints: ['https://pve1.example.test:8006', 'https://pve2.example.test:8006'],
  tlsFingerprint: 'AB:CD',
  tlsCa: null,
  tokenId: 'berth@pve!one',
  tokenSecret: 'first-secret',
  snippetsStorage: 'local',
  snippetsDir: '/var/lib/vz',
};

let test: TestDatabase;
beforeEach(async () => {
  test = await createTestDatabase();
});
afterEach(async () => test.drop());

async function openToken({ tokenSecretId }: Cluster): Promise<string> {
  const sealed = await Secret.query(test.database).findById(tokenSecretId).throwIfNotFound();
  return box.open(sealed, 'cluster-token');
}

it('adds the cluster with its token sealed', async () => {
  const cluster = await ensureCluster(test.database, box, SETTINGS);
  const { tokenSecret, ...columns } = SETTINGS;
  expect(cluster).toMatchObject({ ...columns, vmidMin: 100_000, vmidMax: 999_999 });
  expect(await openToken(cluster)).toBe(tokenSecret);
  expect(JSON.stringify(await Cluster.query(test.database))).not.toContain(tokenSecret);
});

it('changes nothing but the seal when it is told the same again', async () => {
  const first = await ensureCluster(test.database, box, SETTINGS);
  const second = await ensureCluster(test.database, box, SETTINGS);
  expect(second.toJSON()).toEqual({ ...first.toJSON(), tokenSecretId: second.tokenSecretId });
  expect(await Secret.query(test.database).resultSize()).toBe(1);
});

it('takes over new settings and a new token, and forgets the old one', async () => {
  const first = await ensureCluster(test.database, box, SETTINGS);
  await first.$query(test.database).patch({ vmidMin: 5_000 });
  const second = await ensureCluster(test.database, box, {
    ...SETTINGS,
    endpoints: ['https://pve3.example.test:8006'],
    tlsFingerprint: null,
    tokenId: 'berth@pve!two',
    tokenSecret: 'second-secret',
  });
  expect(second).toMatchObject({
    id: first.id,
    endpoints: ['https://pve3.example.test:8006'],
    tlsFingerprint: null,
    tokenId: 'berth@pve!two',
    vmidMin: 5_000,
  });
  expect(await openToken(second)).toBe('second-secret');
  expect(await Secret.query(test.database).findById(first.tokenSecretId)).toBeUndefined();
});

it('makes one cluster and keeps one secret when several processes start at once', async () => {
  const clusters = await Promise.all(
    [1, 2, 3, 4].map(async () => ensureCluster(test.database, box, SETTINGS)),
  );
  expect(new Set(clusters.map(({ id }) => id)).size).toBe(1);
  expect(await Cluster.query(test.database).resultSize()).toBe(1);
  expect(await Secret.query(test.database).resultSize()).toBe(1);
});

it('adds none when the environment describes none', async () => {
  expect(await ensureClusterFromEnv(test.database, box, { PROXMOX_LOCATION: 'Nowhere' })).toBeNull();
  expect(await Cluster.query(test.database)).toEqual([]);
});
