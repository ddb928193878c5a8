import { cancellationSignal } from '@temporalio/activity';
import { raw, type RawBuilder } from 'objection';
import type { Deps } from './deps.ts';
import { finalFailure, passingFailure } from './failures.ts';
import { noted } from './noted.ts';
import { asRefusal } from './repair-server.ts';
import { isMissing } from './run-task.ts';
import { isMarked, markerOf } from './vm-context.ts';
import { databaseTime } from '../db/database-time.ts';
import { AuditEntry } from '../db/models/audit-entry.ts';
import { Orphan } from '../db/models/orphan.ts';
import { queryRows } from '../db/query-rows.ts';
import type { VmConfig } from '../proxmox/answers.ts';
import type { Proxmox } from '../proxmox/client.ts';
import { classifyTaskExit } from '../proxmox/errors.ts';
import type { TaskWatcher } from '../proxmox/tasks.ts';
import { isTrue } from '../proxmox/vm-config.ts';
import { QUARANTINE_TAG, type OrphanState } from '../contract/reconcile.ts';
import type { OrphanInput } from '../contract/temporal.ts';
import type { Said } from '../contract/said.ts';
import { inEnglish, say } from '../contract/sayings.ts';

/** An orphan that somebody has asked something for, with the way to its cluster. */
interface Case {
  deps: Deps;
  orphan: Orphan;
  proxmox: Proxmox;
  tasks: TaskWatcher;
}

interface FoundOrphan {
  node: string;
  vmid: number;
  config: VmConfig;
}

export function createSettleOrphan(deps: Deps) {
  /**
   * Carries out what was asked for an orphan: quarantine, release or destruction. Looks again before it touches anything;
   * what is not as the ledger says is left alone, and the ledger says why.
   */
  return async function settleOrphan({ orphanId }: OrphanInput): Promise<{ outcome: string }> {
    const orphan = await Orphan.query(deps.database).findById(orphanId);
    if (!orphan?.request) return { outcome: 'nothing is asked for' };
    const at = { deps, orphan, ...(await deps.clusters.of(orphan.clusterId)) };
    const refusal = await carryOut(at).catch(asRefusal);
    if (refusal === undefined) return { outcome: orphan.request };
    await end(at, `${orphan.request}_refused`, noted(refusal));
    return { outcome: inEnglish(refusal) };
  };
}

async function carryOut(at: Case): Promise<undefined> {
  switch (at.orphan.request) {
    case 'quarantine':
      return quarantine(at);
    case 'release':
      return release(at);
    case 'destroy':
      return destroy(at);
    case null:
      return undefined;
  }
}

const refuse = (message: Said) => finalFailure('vm_not_ours', message);
const tagsOf = ({ values }: VmConfig): string[] => (values['tags'] ?? '').split(/[;,\s]+/).filter(Boolean);

/** A VM gets the tag and no longer starts with its node; it goes on running, and nothing else is touched. */
async function quarantine(at: Case): Promise<undefined> {
  const { deps, orphan, proxmox } = at;
  if (orphan.kind === 'marked_vm_without_server') {
    const { node, vmid, config } = await findOrphan(at);
    const tags = tagsOf(config);
    if (!tags.includes(QUARANTINE_TAG)) {
      const onboot = isTrue(config.values['onboot'] ?? '0');
      await Orphan.query(deps.database)
        .findById(orphan.id)
        .patch({ evidence: { ...orphan.evidence, onboot } });
      const params = { tags: [...tags, QUARANTINE_TAG].join(';'), onboot: 0 };
      await proxmox.updateConfig(node, vmid, params, { digest: config.digest });
    }
  }
  const hours = orphan.quarantineHours ?? 0;
  await end(at, 'quarantined', {
    state: 'quarantined',
    quarantinedUntil: raw("now() + ? * interval '1 hour'", [hours]),
  });
}

async function release(at: Case): Promise<undefined> {
  const { orphan, proxmox } = at;
  if (orphan.kind === 'marked_vm_without_server') {
    const { node, vmid, config } = await findOrphan(at);
    const tags = tagsOf(config).filter((tag) => tag !== QUARANTINE_TAG);
    const params = { tags: tags.join(';'), onboot: orphan.evidence.onboot ?? false };
    await proxmox.updateConfig(node, vmid, params, { digest: config.digest });
  }
  await end(at, 'released', { state: 'found', quarantinedUntil: null });
}

async function destroy(at: Case): Promise<undefined> {
  const { state, quarantinedUntil, kind } = at.orphan;
  if (
    state !== 'quarantined' ||
    !quarantinedUntil ||
    quarantinedUntil > (await databaseTime(at.deps.database))
  )
    throw refuse(say('quarantine_lasts'));
  switch (kind) {
    case 'marked_vm_without_server':
      await destroyVm(at);
      break;
    case 'disk':
    case 'backup':
      await destroyVolume(at);
      break;
    case 'vmid_lease_without_server':
      await releaseVmid(at);
      break;
    case 'ip_lease_without_server':
      await releaseAddress(at);
      break;
    case 'server_without_vm':
    case 'vmid_lease_without_vm':
      throw refuse(say('has_owner'));
  }
  await end(at, 'destroyed', { state: 'destroyed', goneAt: raw('now()') });
}

/** Says, before the first call that destroys, that one was made: what is missing afterwards was destroyed by it. */
const DESTROYING = noted(say('being_destroyed'));

async function destroyVm(at: Case): Promise<void> {
  const { deps, orphan, proxmox } = at;
  const isRepeat = orphan.note === DESTROYING.note;
  const found = await findOrphan(at, isRepeat);
  if (!found) return;
  const { node, vmid, config } = found;
  const { name = `VM ${vmid}` } = config.values;
  if (!tagsOf(config).includes(QUARANTINE_TAG)) throw refuse(say('lost_tag', { vmid, tag: QUARANTINE_TAG }));
  if (name !== orphan.evidence.name) throw refuse(say('has_other_name', { vmid, name }));
  if (isTrue(config.values['protection'] ?? '0')) throw refuse(say('orphan_protected', { vmid }));
  await Orphan.query(deps.database).findById(orphan.id).patch(DESTROYING);
  const { status } = await proxmox.vmStatus(node, vmid);
  if (status !== 'stopped') await waitFor(at, await proxmox.stop(node, vmid, { overruleShutdown: true }));
  await waitFor(at, await proxmox.deleteVm(node, vmid, { purge: true, destroyUnreferencedDisks: true }));
  if (await proxmox.findVm(vmid)) throw passingFailure('task_failed', say('vm_still_there', { vmid }));
}

async function waitFor({ tasks }: Case, upid: string): Promise<void> {
  const { exitStatus, logTail } = await tasks.wait(upid, { signal: cancellationSignal() });
  const outcome = classifyTaskExit(exitStatus, logTail);
  if (!outcome.ok && !isMissing(outcome.error)) throw outcome.error;
}

/** The VM as it is now: there, marked as it was, and nobody's. Null when it may be missing and is. */
async function findOrphan(at: Case): Promise<FoundOrphan>;
async function findOrphan(at: Case, mayBeMissing: boolean): Promise<FoundOrphan | null>;
async function findOrphan(at: Case, mayBeMissing = false): Promise<FoundOrphan | null> {
  const { deps, orphan, proxmox } = at;
  const { vmid = 0, serverId = '' } = orphan.evidence;
  const place = await proxmox.findVm(vmid);
  if (!place && mayBeMissing) return null;
  if (!place) throw refuse(say('orphan_gone', { vmid }));
  const config = await proxmox.vmConfig(place.node, vmid);
  if (place.template || !isMarked(config, serverId))
    throw refuse(say('orphan_unmarked', { vmid, marker: markerOf(serverId) }));
  const [owner] = await queryRows<{ name: string }>(
    deps.database,
    `select s.name from vmid_leases l join servers s on s.id = l.server_id and s.deleted_at is null
     where l.cluster_id = ? and l.vmid = ?`,
    [orphan.clusterId, vmid],
  );
  if (owner) throw refuse(say('is_vm_of', { vmid, server: owner.name }));
  return { node: place.node, vmid, config };
}

/** A volume is known by its VM id only, so no VM may have that id, also none that the token cannot see. */
async function destroyVolume(at: Case): Promise<void> {
  const { deps, orphan, proxmox } = at;
  const { vmid = 0, storage = '', volume = '' } = orphan.evidence;
  const node = orphan.node ?? '';
  await requireFreeVmid(at, vmid);
  const leases = await queryRows(deps.database, 'select from vmid_leases where vmid = ?', [vmid]);
  if (leases.length > 0) throw refuse(say('vmid_held', { vmid }));
  const isThere = async () =>
    (await proxmox.storageContent(node, storage)).some(({ volid }) => volid === volume);
  if (!(await isThere())) {
    if (orphan.note === DESTROYING.note) return;
    throw refuse(say('volume_gone', { volume }));
  }
  await Orphan.query(deps.database).findById(orphan.id).patch(DESTROYING);
  const upid = await proxmox.deleteVolume(node, storage, volume);
  if (upid) await waitFor(at, upid);
  if (await isThere()) throw passingFailure('task_failed', say('volume_still_there', { volume }));
}

async function releaseVmid(at: Case): Promise<void> {
  const { deps, orphan } = at;
  const { vmid = 0, serverId = '' } = orphan.evidence;
  await requireFreeVmid(at, vmid);
  await deps.database.raw(
    `delete from vmid_leases l using servers s
     where s.id = l.server_id and s.deleted_at is not null and l.cluster_id = ? and l.vmid = ? and s.id = ?`,
    [orphan.clusterId, vmid, serverId],
  );
}

async function requireFreeVmid({ proxmox }: Case, vmid: number): Promise<void> {
  if (!(await proxmox.nextIdFree(vmid))) throw refuse(say('vm_first', { vmid }));
}

async function releaseAddress({ deps, orphan }: Case): Promise<void> {
  const { serverId = '', address = '' } = orphan.evidence;
  const vms = await queryRows(
    deps.database,
    `select from orphans where kind = 'marked_vm_without_server' and gone_at is null and evidence ->> 'serverId' = ?`,
    [serverId],
  );
  if (vms.length > 0) throw refuse(say('address_in_use'));
  await deps.database.raw(
    `delete from ip_leases l using servers s, ip_addresses a
     where s.id = l.server_id and s.deleted_at is not null and a.id = l.ip_address_id
       and s.id = ? and a.address = ?::inet`,
    [serverId, address],
  );
}

interface Outcome {
  state?: OrphanState;
  note?: string | null;
  noteSaid?: Said | null;
  quarantinedUntil?: RawBuilder | null;
  goneAt?: RawBuilder;
}

async function end({ deps, orphan }: Case, verb: string, outcome: Outcome): Promise<void> {
  await deps.database.transaction(async (trx) => {
    await Orphan.query(trx)
      .findById(orphan.id)
      .patch({ request: null, requestedAt: null, note: null, noteSaid: null, ...outcome });
    await AuditEntry.query(trx).insert({
      userId: orphan.settledBy,
      action: `orphan.${verb}`,
      subjectType: 'orphan',
      subjectId: orphan.id,
      details: {
        kind: orphan.kind,
        identifier: orphan.identifier,
        ...(outcome.note ? { note: outcome.note } : {}),
      },
    });
  });
}
