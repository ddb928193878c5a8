import { raw, type Transaction } from 'objection';
import type { Deps } from './deps.ts';
import { writeReports, type StepReports } from './report-steps.ts';
import { Operation } from '../db/models/operation.ts';
import { Secret } from '../db/models/secret.ts';
import { Server } from '../db/models/server.ts';
import { serverAfter } from './server-after.ts';
import type { OperationType } from '../contract/operation-table.ts';
import type { FailureCode } from '../contract/problem.ts';
import type { Said } from '../contract/said.ts';

export interface OperationFailure {
  code: FailureCode;
  message: string;
  /** The same by its code. */
  said?: Said;
  cause: string | null;
  /** The end of the log of the Proxmox task that failed. */
  log: string[];
}

export interface OperationOutcome extends StepReports {
  outcome: 'succeeded' | 'failed' | 'cancelled';
  error?: OperationFailure;
}

export function createFinishOperation({ database }: Pick<Deps, 'database'>) {
  /** The one place where an operation ends: its outcome and its server's lifecycle, together or not at all. */
  return async function finishOperation(input: OperationOutcome): Promise<void> {
    const { operationId, serverId, fence, outcome, error } = input;
    await database.transaction(async (trx) => {
      const operation = await Operation.query(trx)
        .findOne({ id: operationId, fence, status: 'running' })
        .forUpdate();
      if (!operation) return; // finished by an earlier attempt, or by the reverse sweep
      const changes = serverAfter(operation, outcome);
      if (Object.keys(changes).length > 0) await Server.query(trx).findById(serverId).patch(changes);
      if (outcome === 'succeeded') await replaceSshKeys(operation, trx);
      await dropSecrets(operation, trx);
      // Last: a request that has locked the server waits for whoever changes its operation, but not for its lock.
      await writeReports(input, trx);
      await operation.$query(trx).patch({
        status: outcome,
        percent: null,
        note: null,
        noteSaid: null,
        finishedAt: raw('clock_timestamp()'),
        errorCode: error?.code ?? null,
        errorMessage: error?.message ?? null,
        errorSaid: error?.said ?? null,
        errorCause: error?.cause ?? null,
        errorLog: error?.log ?? null,
      });
    });
  };
}

/** A rebuild may have been given keys instead of those the server had. */
async function replaceSshKeys(
  { serverId, params: { sshKeyIds } }: Operation,
  trx: Transaction,
): Promise<void> {
  if (!sshKeyIds) return;
  await trx('server_ssh_keys').where({ serverId }).delete();
  if (sshKeyIds.length > 0)
    await trx('server_ssh_keys').insert(sshKeyIds.map((sshKeyId) => ({ serverId, sshKeyId })));
}

/** A password and user data serve one operation only, such as a first boot. */
async function dropSecrets({ serverId, type, params }: Operation, trx: Transaction): Promise<void> {
  if (params.passwordSecretId) await Secret.query(trx).deleteById(params.passwordSecretId);
  if (!ENDS_FIRST_BOOT.has(type)) return;
  const server = await Server.query(trx).findById(serverId).throwIfNotFound();
  const ids = [server.passwordSecretId, server.userDataSecretId].filter((id) => id !== null);
  await server.$query(trx).patch({ passwordSecretId: null, userDataSecretId: null });
  await Secret.query(trx).delete().whereIn('id', ids);
}

const ENDS_FIRST_BOOT: ReadonlySet<OperationType> = new Set(['provision', 'rebuild', 'terminate']);
