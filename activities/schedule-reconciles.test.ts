import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { syncSchedules } from './schedule-reconciles.ts';
import { reconcileScheduleId } from '../contract/temporal.ts';
import { Cluster } from '../db/models/cluster.ts';
import { buildCatalog } from '../tests/builders.ts';
import { createTestDatabase, type TestDatabase } from '../tests/database.ts';
import { connectTemporal, type TestTemporal } from '../tests/stack.ts';
import { until } from '../tests/until.ts';

let test: TestDatabase;
let temporal: TestTemporal;
/** The one a worker has. */
let connection: NativeConnection;
beforeAll(async () => {
  const address = inject('temporalAddress');
  [test, temporal, connection] = await Promise.all([
    createTestDatabase(),
    connectTemporal(),
    NativeConnection.connect({ address }),
  ]);
});
afterAll(async () => {
  await connection.close();
  await temporal.close();
  await test.drop();
});

it('has one Schedule per cluster, which stays paused when it is, and goes with its cluster', async () => {
  const { client, queuePrefix } = temporal;
  const { database } = test;
  const worker = new Client({ connection });
  const sync = async () => syncSchedules({ client: worker, database, queuePrefix });
  const { cluster } = await buildCatalog(database);
  const { cluster: other } = await buildCatalog(database);
  await Promise.all([sync(), sync()]);
  const handleOf = ({ id }: Cluster) => client.schedule.getHandle(reconcileScheduleId(id, queuePrefix));
  await handleOf(cluster).pause('maintenance');
  await sync();
  const { policies, spec, state } = await handleOf(cluster).describe();
  expect([policies.overlap, state.paused, state.note]).toEqual(['SKIP', true, 'maintenance']);
  expect(spec.intervals).toMatchObject([{ every: 600_000 }]);

  await database.raw('truncate clusters cascade');
  // Temporal's list of Schedules follows after a moment.
  await until(async () => {
    await sync();
    const gone = await Promise.allSettled([cluster, other].map((one) => handleOf(one).describe()));
    return gone.every(({ status }) => status === 'rejected');
  });
});
