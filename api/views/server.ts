import { noReturnAt } from '../../contract/operation-table.ts';
import { stepTitle, type OperationSummary } from '../../contract/operations.ts';
import type { Server, ServerObservation } from '../../contract/servers.ts';
import type { ServerRow } from '../server-rows.ts';

function toOperationSummary(row: ServerRow): OperationSummary | null {
  if (row.operationId === null) return null;
  return {
    id: row.operationId,
    type: row.operationType,
    status: row.operationStatus,
    step: row.operationStep,
    stepTitle: stepTitle(row.operationType, row.operationStep),
    percent: row.operationPercent,
    cancelRequested: row.operationCancelRequested,
    createdAt: row.operationCreatedAt.toISOString(),
  };
}

const MIB = 1024 ** 2;
const toIso = (time: string | null): string | null => time && new Date(time).toISOString();

function toObservation({ memoryBytes, ...row }: NonNullable<ServerRow['observed']>): ServerObservation {
  return {
    ...row,
    at: toIso(row.at),
    missingSince: toIso(row.missingSince),
    agentSeenAt: toIso(row.agentSeenAt),
    memoryUsedMib: memoryBytes === null ? null : Math.round(memoryBytes / MIB),
  };
}

/** A server as its owner sees it. */
export function toServerView(row: ServerRow): Server {
  return {
    id: row.id,
    accountId: row.accountId,
    accountName: row.accountName,
    name: row.name,
    hostname: row.hostname,
    status: row.status,
    suspendReason: row.suspendReason,
    plan: { id: row.planId, name: row.planName },
    template: { id: row.templateId, name: row.templateName ?? 'Unknown' },
    vcpu: row.vcpu,
    memoryMib: row.memoryMib,
    diskGib: row.diskGib,
    ipAddresses: row.addresses ?? [],
    node: row.nodeName,
    location: row.location,
    defaultUser: row.defaultUser,
    deleteProtection: row.deleteProtection,
    rescue: row.rescue,
    rebuildProtection: row.rebuildProtection,
    restartNeeded: row.restartNeeded,
    labels: row.labels,
    powerState: row.powerState,
    deletesAt:
      row.destroyAfter && !noReturnAt(row.operationType, row.operationStep) ? row.destroyAfter : null,
    statusObservedAt: row.powerObservedAt?.toISOString() ?? null,
    observed: row.observed && toObservation(row.observed),
    createdAt: row.createdAt.toISOString(),
    operation: toOperationSummary(row),
  };
}
