import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Database } from '../db/connect.ts';
import { MigrationRun, type RunOptions } from '../db/models/migration-run.ts';
import { Secret } from '../db/models/secret.ts';
import type { SecretBox } from '../db/secrets.ts';
import { queryRows } from '../db/query-rows.ts';
import { migrationWorkflowId, taskQueues } from '../contract/temporal.ts';
import { mappingHash, parseMapping } from './mapping.ts';
import { RunRefused } from './run-refused.ts';
import { SOURCE_SECRET } from './run/deps.ts';

export interface NewRun {
  sourceUrl: string;
  /** `user@host:port/database`. */
  sourceLabel: string;
  /** The text of the mapping file. */
  mapping: string;
  dryRun: boolean;
  /** Hours a dry run vouches for; null to do without one. */
  dryRunHours: number | null;
  options?: RunOptions;
}

/** Records a run, its source sealed. Throws RunRefused when another one is under way, or no dry run vouches for it. */
export async function createRun(
  database: Database,
  secretBox: SecretBox,
  wish: NewRun,
): Promise<MigrationRun> {
  const mapping = parseMapping(wish.mapping);
  const source = mapping.source.id;
  const hash = mappingHash(mapping);
  return database.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(hashtext(?))', [`migration ${source}`]);
    const live = await MigrationRun.query(trx)
      .findOne({ source })
      .whereIn('status', ['pending', 'running', 'paused']);
    if (live) {
      throw new RunRefused(
        'run_live',
        `run ${live.id} of ${source} is ${live.status}: attach to it, or cancel it first`,
      );
    }
    if (!wish.dryRun && wish.dryRunHours !== null) {
      await requireDryRun(trx, { source, hash, hours: wish.dryRunHours });
    }
    const secret = await Secret.query(trx).insertAndFetch({
      purpose: SOURCE_SECRET,
      ...secretBox.seal(wish.sourceUrl, SOURCE_SECRET),
    });
    return MigrationRun.query(trx).insertAndFetch({
      source,
      sourceLabel: wish.sourceLabel,
      sourceSecretId: secret.id,
      mapping: wish.mapping,
      mappingHash: hash,
      dryRun: wish.dryRun,
      options: wish.options ?? {},
    });
  });
}

async function requireDryRun(
  trx: Database,
  { source, hash, hours }: { source: string; hash: string; hours: number },
): Promise<void> {
  const [last] = await queryRows<{ isSame: boolean; isFresh: boolean }>(
    trx,
    `select mapping_hash = ? as "isSame", finished_at > now() - make_interval(hours => ?) as "isFresh"
     from migration_runs where source = ? and dry_run and status = 'succeeded'
     order by mapping_hash = ? desc, finished_at desc limit 1`,
    [hash, hours, source, hash],
  );
  if (last?.isSame && last.isFresh) return;
  const why = !last
    ? `there is no dry run of ${source} yet`
    : last.isSame
      ? `the last dry run is older than ${hours} hours`
      : 'the mapping has changed since the last dry run';
  throw new RunRefused('dry_run_missing', `${why}: run with --dry-run first, or say --yes-without-dry-run`);
}

/** Starts the workflow of a run, at most once however often it is called. */
export async function startRun(client: Client, run: MigrationRun, queuePrefix = ''): Promise<void> {
  try {
    await client.workflow.start('migrateSource', {
      workflowId: migrationWorkflowId(run.id),
      taskQueue: taskQueues(queuePrefix).migration,
      args: [{ runId: run.id }],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      memo: { source: run.source, dryRun: run.dryRun },
      typedSearchAttributes: [
        { key: defineSearchAttributeKey('OperationType', SearchAttributeType.KEYWORD), value: 'migrate' },
        { key: defineSearchAttributeKey('OperationId', SearchAttributeType.KEYWORD), value: run.id },
      ],
      staticSummary: `WHMCS ${run.source}${run.dryRun ? ' (dry run)' : ''}`,
    });
  } catch (err) {
    if (!(err instanceof WorkflowExecutionAlreadyStartedError)) throw err;
  }
}
