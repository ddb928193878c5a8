import { createRun, startRun } from '../migrate/start-run.ts';
import { MigrationRun } from '../db/models/migration-run.ts';
import type { TestTemporal } from './stack.ts';
import { until } from './until.ts';
import type { WhmcsEstate } from './whmcs-estate.ts';

export interface RunWish {
  dryRun?: boolean;
  /** Another mapping than the reviewed one. */
  mapping?: string;
  options?: MigrationRun['options'];
  /** Another way to the source. */
  sourceUrl?: string;
}

/** Starts a run as the command line does, without asking for a dry run first. */
export async function beginRun(
  { database, deps, mariadb, mappingText }: WhmcsEstate,
  { client, queuePrefix }: TestTemporal,
  { dryRun = false, mapping = mappingText, options = {}, sourceUrl = mariadb.readerUrl }: RunWish = {},
): Promise<MigrationRun> {
  const run = await createRun(database, deps.secretBox, {
    sourceUrl,
    sourceLabel: 'reader@testbed',
    mapping,
    dryRun,
    dryRunHours: null,
    options,
  });
  await startRun(client, run, queuePrefix);
  return run;
}

/** The run once it has come to an end, or stands still: that is for the test to judge. */
export async function untilStill({ database }: WhmcsEstate, runId: string): Promise<MigrationRun> {
  const find = () => MigrationRun.query(database).findById(runId).throwIfNotFound();
  await until(async () => {
    const { status, causeCode } = await find();
    return (
      ['succeeded', 'failed', 'cancelled'].includes(status) || (status === 'paused' && causeCode !== null)
    );
  }, 120_000);
  return find();
}

export async function migrateAll(
  estate: WhmcsEstate,
  temporal: TestTemporal,
  wish: RunWish = {},
): Promise<MigrationRun> {
  const run = await untilStill(estate, (await beginRun(estate, temporal, wish)).id);
  if (run.status !== 'succeeded') throw new Error(`${run.phase}: ${run.causeCode}: ${run.causeMessage}`);
  return run;
}
