import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { rollbackRun } from './rollback.ts';
import { createRun } from './start-run.ts';
import { cancelRun, pauseRun, resumeRun } from './steer-run.ts';
import { createFaultsEstate, PAGE_SIZE, type FaultsEstate } from '../tests/faults-estate.ts';
import { recordHistory } from '../tests/record-history.ts';
import { until } from '../tests/until.ts';
import { migrationWorkflowId } from '../contract/temporal.ts';
import { MigrationRun, type RunPhase } from '../db/models/migration-run.ts';

let faults: FaultsEstate;
beforeAll(async () => {
  faults = await createFaultsEstate({ seed: 'steering', size: 120, mess: 2 }, { rangeSize: 50 });
});
beforeEach(() => faults.reset());
afterAll(() => faults?.close());

const QUEUE = () => ({ queuePrefix: faults.temporal.queuePrefix });
/** The first service of the second page of those that are loaded. */
const middle = () =>
  faults.undisturbed.items.filter(({ entity, outcome }) => entity === 'service' && outcome === 'migrated')[
    PAGE_SIZE
  ];
const expectUndisturbed = async () => expect(await faults.content()).toEqual(faults.undisturbed.content);
const find = (runId: string) => MigrationRun.query(faults.estate.database).findById(runId).throwIfNotFound();

it('stops after its page when asked to, says nothing is wrong, and goes on where it was', async () => {
  const held = await faults.holdRow('migration_items', `new.source_id = ${middle()?.sourceId}`);
  const run = await faults.begin();
  await held.reached();
  await pauseRun(run);
  await held.release();
  expect(await faults.untilStatus(run, 'paused')).toMatchObject({ phase: 'servers', causeCode: null });
  const read = await faults.count('migration_items');
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThan(faults.undisturbed.items.length);
  await resumeRun(run, QUEUE());
  await faults.untilStatus(run, 'succeeded');
  await expectUndisturbed();
  const handle = faults.temporal.client.workflow.getHandle(migrationWorkflowId(run.runId));
  await handle.result();
  await recordHistory('migrate-source-paused', handle);
});

it('can be paused and resumed in every phase, also in one breath', async () => {
  const run = await faults.begin();
  const seen = new Set<RunPhase>();
  await until(async () => {
    const { phase, status } = await find(run.runId);
    if (status === 'succeeded') return true;
    if (status !== 'running' || seen.has(phase)) return false;
    seen.add(phase);
    await pauseRun(run);
    if (seen.size % 2 === 0)
      await until(
        async () => (await find(run.runId)).status !== 'running' || (await find(run.runId)).phase !== phase,
      );
    await resumeRun(run, QUEUE()).catch(() => undefined);
    return false;
  });
  expect(seen.size).toBeGreaterThan(3);
  await expectUndisturbed();
});

it('keeps what was loaded when it is cancelled; the next run completes it, and both can be undone', async () => {
  const held = await faults.holdRow(
    'provenance',
    `new.entity = 'service' and new.source_id = ${middle()?.sourceId}`,
  );
  const first = await faults.begin();
  await held.reached();
  await cancelRun(first);
  await held.release();
  await faults.untilStatus(first, 'cancelled');
  const loaded = await faults.count('servers');
  expect(loaded).toBeGreaterThan(0);
  expect(loaded).toBe(await faults.count(`provenance where entity = 'service'`));
  expect(await faults.count('migration_passwords')).toBe(0);
  const handle = faults.temporal.client.workflow.getHandle(migrationWorkflowId(first.runId));
  await handle.result().catch(() => undefined);
  await recordHistory('migrate-source-cancelled', handle);

  const second = await faults.begin();
  await faults.untilStatus(second, 'succeeded');
  expect(await faults.count('servers')).toBeGreaterThan(loaded);
  await expectUndisturbed();
  await rollbackRun(faults.estate.database, second.runId);
  expect(await faults.count('servers')).toBe(loaded);
  await rollbackRun(faults.estate.database, first.runId);
  for (const table of ['servers', 'accounts', 'users', 'provenance', 'vmid_leases']) {
    expect([table, await faults.count(table)]).toEqual([table, 0]);
  }
});

it('comes to the same with two workers, of which one is stopped in mid-run and replaced', async () => {
  const other = await faults.startWorkers();
  const held = await faults.holdRow(
    'provenance',
    `new.entity = 'service' and new.source_id = ${middle()?.sourceId}`,
  );
  const run = await faults.begin();
  await held.reached();
  const stopped = Promise.all([other.stop(), faults.stopWorkers()]);
  await held.release();
  await stopped;
  expect((await find(run.runId)).status).toBe('running');
  await faults.restartWorkers();
  await faults.untilStatus(run, 'succeeded');
  await expectUndisturbed();
});

it('begins again at its phase when Temporal has lost the workflow', async () => {
  const held = await faults.holdRow('migration_items', `new.source_id = ${middle()?.sourceId}`);
  const run = await faults.begin();
  await held.reached();
  await faults.temporal.client.workflow.getHandle(migrationWorkflowId(run.runId)).terminate('lost');
  await held.release();
  await pauseRun(run);
  expect(await find(run.runId)).toMatchObject({ status: 'paused', phase: 'servers' });
  await resumeRun(run, QUEUE());
  await faults.untilStatus(run, 'succeeded');
  await expectUndisturbed();
});

it('is refused beside a live one, and in earnest without a fresh dry run of the same mapping', async () => {
  const { database, deps, mappingText } = faults.estate;
  const create = (wish: { dryRun: boolean; mapping?: string }) =>
    createRun(database, deps.secretBox, {
      sourceUrl: 'mysql://reader@127.0.0.1:1/whmcs',
      sourceLabel: 'reader@127.0.0.1:1/whmcs',
      mapping: mappingText,
      dryRunHours: 24,
      ...wish,
    });
  const refusal = (wish: { dryRun: boolean; mapping?: string }) =>
    create(wish).then(
      () => 'taken',
      ({ code, message }: { code?: string; message: string }) => `${code}: ${message}`,
    );
  const finish = (run: MigrationRun, finishedAt: Date) =>
    run.$query(database).patch({ status: 'succeeded', finishedAt });

  expect(await refusal({ dryRun: false })).toMatch(/^dry_run_missing: there is no dry run of testbed yet/);
  const dry = await create({ dryRun: true });
  expect(await refusal({ dryRun: true })).toMatch(/^run_live: run \S+ of testbed is pending/);
  await finish(dry, new Date(Date.now() - 25 * 3_600_000));
  expect(await refusal({ dryRun: false })).toMatch(
    /^dry_run_missing: the last dry run is older than 24 hours/,
  );
  await finish(dry, new Date());
  const mapping = mappingText.replace('timezone: Europe/Berlin', 'timezone: Europe/Paris');
  expect(await refusal({ dryRun: false, mapping })).toMatch(/^dry_run_missing: the mapping has changed/);
  const real = await create({ dryRun: false });
  expect(await refusal({ dryRun: true })).toMatch(/^run_live/);
  await finish(real, new Date());
});
