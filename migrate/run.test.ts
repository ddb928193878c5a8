import { afterAll, beforeAll, expect, it } from 'vitest';
import { MigrationRun } from '../db/models/migration-run.ts';
import { connectTemporal, startWorkers, type TestTemporal } from '../tests/stack.ts';
import { until } from '../tests/until.ts';
import { createWhmcsEstate, runOf, type WhmcsEstate } from '../tests/whmcs-estate.ts';
import { createRun, startRun } from './start-run.ts';

let estate: WhmcsEstate;
let temporal: TestTemporal;
let workers: { stop(): Promise<void> };

beforeAll(async () => {
  [estate, temporal] = await Promise.all([
    createWhmcsEstate({ seed: 'run', size: Number(process.env['N'] ?? 300), mess: 4 }),
    connectTemporal(),
  ]);
  workers = await startWorkers(estate.deps, temporal.queuePrefix);
});
afterAll(async () => {
  await workers.stop();
  await temporal.close();
  await estate.close();
});

async function migrate(dryRun: boolean): Promise<MigrationRun> {
  const run = await createRun(estate.database, estate.deps.secretBox, runOf(estate, { dryRun }));
  const t = Date.now();
  await startRun(temporal.client, run, temporal.queuePrefix);
  await until(async () => {
    const now = await MigrationRun.query().findById(run.id).throwIfNotFound();
    if (now.status === 'paused') throw new Error(`${now.phase}: ${now.causeCode}: ${now.causeMessage}`);
    return now.status === 'succeeded';
  }, 120_000);
  console.log('took', Date.now() - t);
  return MigrationRun.query().findById(run.id).throwIfNotFound();
}

it('runs', async () => {
  const dry = await migrate(true);
  console.log(JSON.stringify(dry.summary, null, 1).slice(0, 6000));
  const real = await migrate(false);
  console.log(JSON.stringify((real.summary as any).changes));
  const again = await migrate(false);
  console.log(JSON.stringify((again.summary as any).changes));
});
