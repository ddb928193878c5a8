import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { raw, type PartialModelObject } from 'objection';
import { bootDisk } from './boot-disk.ts';
import { compareVm, repairParameters, type SeenVm } from './compare-vm.ts';
import type { Deps } from './deps.ts';
import { saidBy } from './failures.ts';
import { noted } from './noted.ts';
import { requireOurVm, type FoundVm } from './vm-context.ts';
import { toFailure } from './with-translated-errors.ts';
import { AuditEntry } from '../db/models/audit-entry.ts';
import { Drift } from '../db/models/drift.ts';
import { Server } from '../db/models/server.ts';
import { VmReading } from '../db/models/vm-reading.ts';
import type { VmConfig } from '../proxmox/answers.ts';
import { classifyTaskExit, ProxmoxError } from '../proxmox/errors.ts';
import type { RepairInput } from '../contract/temporal.ts';
import type { Said } from '../contract/said.ts';
import { say } from '../contract/sayings.ts';

export function createRepairServer(deps: Deps) {
  /**
   * Makes a server's VM like the record in every field whose repair was asked for, one after the other. What cannot work
   * is noted beside the field; what may work later is thrown. Runs only under the server's workflow id, so that no
   * operation is at work on the VM.
   */
  return async function repairServer({ serverId }: RepairInput): Promise<{ repaired: string[] }> {
    const repaired: string[] = [];
    for (;;) {
      const drift = await Drift.query(deps.database)
        .where({ serverId })
        .whereNull('resolvedAt')
        .whereNotNull('repairRequestedAt')
        .orderBy('repairRequestedAt')
        .first();
      if (!drift) return { repaired };
      const refusal = await repair(deps, drift).catch(asRefusal);
      if (refusal === null) repaired.push(drift.field);
      else await end(deps, drift, noted(refusal));
    }
  };
}

/** What a failure says that will not pass; others are thrown again. */
export function asRefusal(err: unknown): Said | string {
  const failure = err instanceof ProxmoxError ? toFailure(err) : err;
  if (failure instanceof ApplicationFailure && failure.nonRetryable) return saidBy(failure);
  throw err;
}

async function repair(deps: Deps, drift: Drift): Promise<Said | null> {
  const { database, clusters } = deps;
  const server = await Server.query(database)
    .findById(drift.serverId)
    .withGraphFetched('[cluster, node, plan, template, ipAddresses.pool, sshKeys, vmidLease]')
    .throwIfNotFound();
  const { proxmox } = await clusters.of(server.clusterId);
  const found = await requireOurVm({ database, server, proxmox });
  if (!agrees(server, drift, found, found.config)) {
    const refusal = await write(deps, server, drift, found);
    if (refusal) return refusal;
    const after = await proxmox.vmConfig(found.node, found.vmid);
    if (!agrees(server, drift, found, after)) return say('not_taken_over');
  }
  const inForce = await proxmox.vmConfig(found.node, found.vmid, { current: true });
  const waits = !agrees(server, drift, found, inForce);
  await end(deps, drift, {
    ...(waits ? noted(say('from_next_start')) : { note: null, noteSaid: null }),
    resolvedAt: raw('now()'),
    resolution: 'repaired',
  });
  return null;
}

function agrees(server: Server, { field }: Drift, { node }: FoundVm, config: VmConfig): boolean {
  const seen: SeenVm = { node, power: 'unknown', askedAt: new Date(0) };
  const compared = compareVm(server, config.values, seen).find((one) => one.field === field);
  return compared?.agrees ?? true;
}

/** Answers why it cannot be written, if so. */
async function write(deps: Deps, server: Server, { field }: Drift, found: FoundVm): Promise<Said | null> {
  const { proxmox, tasks } = await deps.clusters.of(server.clusterId);
  const { node, vmid, config } = found;
  if (field === 'disk') {
    const disk = bootDisk(config.values);
    if (!disk) return say('has_no_disk');
    if (disk.sizeGib > server.diskGib) return say('disk_cannot_shrink', { gib: disk.sizeGib });
    const upid = await proxmox.resizeDisk(node, vmid, disk.key, `${server.diskGib}G`);
    const { exitStatus, logTail } = await tasks.wait(upid, { signal: cancellationSignal() });
    const outcome = classifyTaskExit(exitStatus, logTail);
    if (!outcome.ok) throw outcome.error;
    return null;
  }
  const params = repairParameters(field, server, config.values);
  if (!params) return say('cannot_write');
  try {
    await proxmox.updateConfig(node, vmid, params, { digest: config.digest });
  } catch (err) {
    // It is written all the same, and waits for the VM's next start.
    if (!(err instanceof ProxmoxError) || err.code !== 'hotplug_pending') throw err;
  }
  return null;
}

async function end({ database }: Deps, drift: Drift, outcome: PartialModelObject<Drift>): Promise<void> {
  await database.transaction(async (trx) => {
    await Drift.query(trx)
      .findById(drift.id)
      .patch({ repairRequestedAt: null, ...outcome });
    if (outcome.resolvedAt)
      await VmReading.noteAgreement(trx, drift.serverId, drift.field, drift.recordValue);
    const server = await Server.query(trx).findById(drift.serverId).throwIfNotFound();
    await AuditEntry.query(trx).insert({
      userId: drift.requestedBy,
      accountId: server.accountId,
      action: outcome.resolvedAt ? 'drift.repaired' : 'drift.repair_refused',
      subjectType: 'drift',
      subjectId: drift.id,
      details: { serverId: server.id, field: drift.field, ...(outcome.note ? { note: outcome.note } : {}) },
    });
  });
}
