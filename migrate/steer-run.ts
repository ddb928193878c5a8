import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { endRun, LIVE, NO_CAUSE } from './run/end-run.ts';
import { RunRefused } from './run-refused.ts';
import { startRun } from './start-run.ts';
import type { Database } from '../db/connect.ts';
import { MigrationRun, type RunOptions, type RunStatus } from '../db/models/migration-run.ts';
import { migrationWorkflowId } from '../contract/temporal.ts';

/** A run that is under way, and the way to it. */
export interface Steering {
  database: Database;
  client: Client;
  runId: string;
}

/** Throws RunRefused when the run is over. */
export async function requireLive(database: Database, runId: string): Promise<MigrationRun> {
  const run = await MigrationRun.query(database).findById(runId).throwIfNotFound();
  if (LIVE.includes(run.status)) return run;
  throw new RunRefused('run_over', `run ${runId} is over: ${run.status.replace('_', ' ')}`);
}

/** Lets the run stop after the pages it is at, and returns what it did until then. One that nobody drives stands still already. */
export async function pauseRun({ database, client, runId }: Steering): Promise<RunStatus> {
  const run = await requireLive(database, runId);
  const { status } = run;
  await run.$query(database).patch({ pauseRequested: true });
  if (!(await wake(client, runId))) await run.$query(database).patch({ status: 'paused' });
  return status;
}

/** Lets it go on where it was; one whose workflow Temporal has lost begins again at its phase. */
export async function resumeRun(
  { database, client, runId }: Steering,
  { options = {}, queuePrefix = '' }: { options?: RunOptions; queuePrefix?: string } = {},
): Promise<void> {
  const run = await requireLive(database, runId);
  await run.$query(database).patch({
    pauseRequested: false,
    options: { ...run.options, ...options },
    status: 'running',
    ...NO_CAUSE,
  });
  await startRun(client, run, queuePrefix);
  await wake(client, runId);
}

/** Ends it for good, once the pages it is at are written; what was written stays. */
export async function cancelRun({ database, client, runId }: Steering): Promise<void> {
  const run = await requireLive(database, runId);
  // Seen before the next page; Temporal's word comes with a heartbeat, seconds later.
  await run.$query(database).patch({ pauseRequested: true });
  try {
    await client.workflow.getHandle(migrationWorkflowId(runId)).cancel();
  } catch (err) {
    if (!(err instanceof WorkflowNotFoundError)) throw err;
    await endRun(database, runId, 'cancelled');
  }
}

/** False when Temporal knows of no such workflow under way. */
async function wake(client: Client, runId: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(migrationWorkflowId(runId)).signal('wake');
    return true;
  } catch (err) {
    if (!(err instanceof WorkflowNotFoundError)) throw err;
    return false;
  }
}
