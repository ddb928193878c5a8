import type { MailKind } from './mail.ts';
import type { StepName } from './operation-table.ts';
import type { Said } from './said.ts';
import type { PowerAction } from './servers.ts';

/**
 * `servers` runs workflows and database activities, `proxmox` the activities that call a cluster, `mail` those that call a
 * mail server, `migration` all that moves an estate out of WHMCS. A prefix keeps two installations (or two tests) apart that share a namespace.
 */
export const taskQueues = (prefix = '') => ({
  servers: `${prefix}servers`,
  proxmox: `${prefix}proxmox`,
  mail: `${prefix}mail`,
  migration: `${prefix}migration`,
});

/** The queue of the Proxmox activities that belongs to a workflow's own queue. */
export const proxmoxQueueOf = (servers: string): string => servers.replace(/servers$/, 'proxmox');

/** The queue of the activities that call a mail server. */
export const mailQueueOf = (servers: string): string => servers.replace(/servers$/, 'mail');

/** Registered with Temporal before use, all of type Keyword. */
export const SEARCH_ATTRIBUTES = ['ServerId', 'OperationId', 'AccountId', 'Node', 'OperationType'] as const;

/** One id per server: Temporal itself then allows one running workflow per server. */
export const serverWorkflowId = (serverId: string): string => `server/${serverId}`;

/** Of each mail its own: it is sent by one workflow, however often that is started. */
export const mailWorkflowId = (mailId: string): string => `mail/${mailId}`;

export const migrationWorkflowId = (runId: string): string => `migration/${runId}`;

/** Ids only: everything else is read from the database, so that no secret enters a history. */
export interface OperationInput {
  operationId: string;
  serverId: string;
}
export interface PowerInput extends OperationInput {
  action: PowerAction;
}

/**
 * Sent to a paused operation. Without an argument it says that a decision has been recorded, so that a repeat does no
 * harm; with one (`"resume"`, `"skip"` or `"roll_back"`) it is the decision, as operations staff send it from the
 * Temporal UI.
 */
export const DECISION_SIGNAL = 'decide';

/** What one run of an operation reports under: a later claim has a higher fence, and older reports are refused. */
export interface OperationClaim extends OperationInput {
  fence: number;
}

/** A claim with what is to be recorded before anything else is done: a step that begins, and the end of those before it. */
export interface StepClaim extends OperationClaim {
  reports: StepReport[];
}

export interface StepReport {
  seq: number;
  step: StepName;
  state: 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped';
  message?: string;
  /** The same by its code. */
  said?: Said;
}

/** One run of a cluster's comparison at a time: its Schedule's id, and the beginning of its runs' ids. */
export const reconcileScheduleId = (clusterId: string, queuePrefix = ''): string =>
  `${queuePrefix}reconcile/${clusterId}`;
export const orphanWorkflowId = (orphanId: string): string => `orphan/${orphanId}`;

export interface ReconcileInput {
  clusterId: string;
}
export interface RepairInput {
  serverId: string;
}
export interface OrphanInput {
  orphanId: string;
}
export interface MailInput {
  mail: MailKind;
  mailId: string;
}
