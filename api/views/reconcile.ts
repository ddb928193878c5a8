import {
  DRIFT_FIELDS,
  type Drift,
  type Orphan,
  type ReconcileState,
  type Truth,
} from '../../contract/reconcile.ts';
import type { VmReading } from '../../db/models/vm-reading.ts';
import type { DriftRow, OrphanRow, ReconcileRow } from '../reconcile-rows.ts';
import { saidOf } from './said.ts';

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

export function toDriftView(row: DriftRow): Drift {
  const { title, owner, repair, accept } = DRIFT_FIELDS[row.field];
  const isOpen = row.resolvedAt === null;
  return {
    id: row.id,
    serverId: row.serverId,
    serverName: row.serverName,
    field: row.field,
    title,
    owner,
    record: row.recordValue,
    proxmox: row.proxmoxValue,
    canRepair: isOpen && repair,
    canAccept: isOpen && accept && row.proxmoxValue !== null,
    repairRequestedAt: iso(row.repairRequestedAt),
    note: row.note,
    ...(row.noteSaid ? { noteSaid: row.noteSaid } : {}),
    firstSeenAt: row.firstSeenAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    resolvedAt: iso(row.resolvedAt),
    resolution: row.resolution,
  };
}

export function toOrphanView({ sortValue: _sortValue, noteSaid, ...row }: OrphanRow): Orphan {
  return {
    ...row,
    ...(noteSaid ? { noteSaid } : {}),
    firstSeenAt: row.firstSeenAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    goneAt: iso(row.goneAt),
    quarantinedUntil: iso(row.quarantinedUntil),
  };
}

/** `now` is PostgreSQL's, by which the reading was dated. */
export function toTruthView(
  serverId: string,
  reading: VmReading | undefined,
  drift: DriftRow[],
  now: Date,
): Truth {
  return {
    serverId,
    readAt: reading?.readAt.toISOString() ?? null,
    ageSeconds: reading ? Math.max(0, Math.round((now.getTime() - reading.readAt.getTime()) / 1000)) : null,
    node: reading?.node ?? null,
    vmid: reading?.vmid ?? null,
    fields: reading?.fields ?? [],
    drift: drift.map(toDriftView),
  };
}

export function toReconcileStateView(row: ReconcileRow): ReconcileState {
  const { clusterId, cluster, status, startedAt, finishedAt, completedAt, serversRead, message, said } = row;
  const lastRun = status && {
    status,
    startedAt: startedAt.toISOString(),
    finishedAt: iso(finishedAt),
    completedAt: iso(completedAt),
    serversRead,
    message,
    ...saidOf(said),
  };
  return { clusterId, cluster, lastRun, drift: row.drift, orphans: row.orphans ?? {} };
}
