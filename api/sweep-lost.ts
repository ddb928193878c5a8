import type { Knex } from 'knex';
import { WorkflowNotFoundError } from '@temporalio/client';
import { raw } from 'objection';
import { serverWorkflowId } from '../contract/temporal.ts';
import { noReturnAt, type OperationType } from '../contract/operation-table.ts';
import { Server, type Lifecycle } from '../db/models/server.ts';
import { queryRows } from '../db/query-rows.ts';
import type { Deps } from './deps.ts';
import { withinDeadline } from './start-operation.ts';
import { inEnglish, say } from '../contract/sayings.ts';

const GONE = say('workflow_gone');

interface RunningOperation {
  id: string;
  serverId: string;
  type: OperationType;
  step: string | null;
  previousLifecycle: Lifecycle | null;
  runId: string | null;
  fence: number;
}

const RUNNING = `
  select id, server_id as "serverId", type, step, params ->> 'previousLifecycle' as "previousLifecycle",
    run_id as "runId", fence from operations
  where status in ('running', 'needs_attention') and started_at <= now() - ? * interval '1 millisecond'
  order by started_at`;

type SweepDeps = Pick<Deps, 'database' | 'temporal' | 'log'>;

/**
 * Fails operations whose workflow has ended, or does not exist, without finishing them (someone terminated it, or
 * Temporal lost its data). It takes two rounds to be sure: between a workflow's last report and its end there is a
 * moment. `suspects` carries operation id → fence from round to round. Rejects when Temporal cannot be reached,
 * which says nothing about any workflow.
 */
export async function sweepLost(
  deps: SweepDeps,
  suspects: Map<string, number>,
  runningForMs: number,
): Promise<number> {
  const operations = await queryRows<RunningOperation>(deps.database, RUNNING, [runningForMs]);
  const known = new Set(operations.map(({ id }) => id));
  for (const id of suspects.keys()) if (!known.has(id)) suspects.delete(id);
  let lost = 0;
  for (const operation of operations) {
    if (await isWorkflowOpen(deps, operation)) suspects.delete(operation.id);
    else if (suspects.get(operation.id) === operation.fence) lost += await failLost(deps, operation);
    else suspects.set(operation.id, operation.fence);
  }
  return lost;
}

async function isWorkflowOpen(
  { temporal }: SweepDeps,
  { serverId, runId }: RunningOperation,
): Promise<boolean> {
  return withinDeadline(temporal, async () => {
    try {
      const handle = temporal.workflow.getHandle(serverWorkflowId(serverId), runId ?? undefined);
      const { status } = await handle.describe();
      return status.name === 'RUNNING' || status.name === 'PAUSED';
    } catch (err) {
      if (err instanceof WorkflowNotFoundError) return false;
      throw err;
    }
  });
}

async function failLost(
  { database, log }: SweepDeps,
  { id, serverId, type, step, previousLifecycle, fence }: RunningOperation,
): Promise<number> {
  return database.transaction(async (trx) => {
    const running = trx('operations').where({ id, fence }).whereIn('status', ['running', 'needs_attention']);
    const locked = await running.clone().forUpdate().select('id');
    if (locked.length === 0) return 0;
    if (type === 'adopt') await forgetAdoption(trx, serverId);
    if (type === 'provision' || type === 'terminate') {
      const isWhole = type === 'terminate' && noReturnAt(type, step) === null;
      // Half built, or half taken down: deleting it (again) is the way on, and its leases stay until then.
      const lifecycle = isWhole && previousLifecycle ? previousLifecycle : 'failed';
      await Server.query(trx).findById(serverId).whereNull('deletedAt').patch({ lifecycle });
    }
    // After its server: a request that has locked that waits for whoever changes its operation.
    await running.update({
      status: 'failed',
      // A zombie of the old run reports under a fence that is now too low.
      fence: fence + 1,
      finishedAt: trx.fn.now(),
      errorCode: 'workflow_lost',
      errorMessage: inEnglish(GONE),
      errorSaid: JSON.stringify(GONE),
    });
    const used = trx('operations').select(trx.raw("(params ->> 'passwordSecretId')::uuid")).where({ id });
    await trx('secrets').whereIn('id', used).delete();
    log.error({ operationId: id, serverId, type }, 'workflow lost: operation failed');
    return 1;
  });
}

/** The VM was there before and stays; a marker that is left in it may be replaced by another adoption. */
async function forgetAdoption(trx: Knex, serverId: string): Promise<void> {
  for (const table of ['vmid_leases', 'ip_leases', 'server_addresses'])
    await trx(table).where({ serverId }).delete();
  await Server.query(trx)
    .findById(serverId)
    .patch({ lifecycle: 'deleted', deletedAt: raw('now()'), nodeId: null });
}
