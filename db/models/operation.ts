import { Model, type QueryBuilder } from 'objection';
import { OperationEvent } from './operation-event.ts';
import { OperationTask } from './operation-task.ts';
import { Server, type Lifecycle, type PowerState } from './server.ts';
import type { FailureCode } from '../../contract/problem.ts';
import type { OperationType } from '../../contract/operation-table.ts';
import { LIVE_STATUSES, type Decision, type OperationStatus } from '../../contract/operations.ts';
import type { Said } from '../../contract/said.ts';

/** What a server is sold with; without a plan for an imported one. */
export interface ServerSize {
  planId: string | null;
  vcpu: number;
  memoryMib: number;
  diskGib: number;
}

/** A VM to be adopted, as it was shown. */
export interface AdoptionParams {
  vmid: number;
  /** Hash of its configuration. */
  configDigest: string;
  addresses: string[];
  /** It had our tag before, so that it keeps it when the adoption is undone. */
  hadTag: boolean;
}

export interface OperationParams {
  force?: boolean;
  timeoutSeconds?: number;
  /** terminate: what the server was before, for when the operation is cancelled. */
  previousLifecycle?: Lifecycle;
  /** terminate: nothing is erased before this time (ISO 8601). */
  destroyAfter?: string;
  /** suspend: what the customer is told. */
  reason?: string;
  /** The power state before the operation changed it, for when it is undone. */
  powerBefore?: PowerState;
  /** resize: what the server is to have, and what it had. */
  target?: ServerSize & { networkMbps: number | null };
  former?: ServerSize;
  /** resize: what it changes of the VM's properties, as they were; null where one was not set. */
  formerConfig?: Record<string, string | null>;
  /** Whether the VM started with its node before the operation changed that. */
  onbootBefore?: boolean;
  /** rebuild: what the new VM is copied from, and the keys it gets instead of the server's. */
  templateId?: string;
  sshKeyIds?: string[];
  /** A password that is handed to the system inside, and dropped when the operation ends. */
  passwordSecretId?: string;
  /** reset_password: where the guest agent is silent, cloud-init may set it, which takes a reboot. */
  allowReboot?: boolean;
  adoption?: AdoptionParams;
  /** migrate: the name of the node to move to. */
  targetNode?: string;
  /** migrate: the id of the node on which room is kept as long as the operation lives. */
  reservedNodeId?: string;
  /** The last decision the workflow took, so that a repeated question gets the same answer. */
  takenDecision?: { id: string; decision: Decision };
}

export class Operation extends Model {
  static override tableName = 'operations';
  static override jsonAttributes = ['params', 'noteSaid', 'errorSaid', 'errorLog'];
  declare id: string;
  declare serverId: string;
  declare accountId: string;
  declare type: OperationType;
  declare status: OperationStatus;
  declare params: OperationParams;
  /** Raised by each claim; reports that carry an older one are refused. */
  declare fence: number;
  declare lastSeq: number;
  declare runId: string | null;
  declare step: string | null;
  declare percent: number | null;
  /** The latest news of the running step, such as why it is being retried. */
  declare note: string | null;
  /** The same by its code, unless it has none. */
  declare noteSaid: Said | null;
  declare cancelRequestedAt: Date | null;
  declare errorCode: FailureCode | null;
  declare errorMessage: string | null;
  declare errorSaid: Said | null;
  declare errorCause: string | null;
  /** The end of the log of the Proxmox task that failed. */
  declare errorLog: string[] | null;
  /** What was decided about an operation that needs attention, until its workflow has taken it. */
  declare decision: Decision | null;
  declare decidedAt: Date | null;
  declare decidedBy: string | null;
  declare requestedBy: string | null;
  declare requestId: string | null;
  declare createdAt: Date;
  declare startedAt: Date | null;
  declare finishedAt: Date | null;
  declare server?: Server;
  declare events?: OperationEvent[];
  declare tasks?: OperationTask[];

  static override get modifiers() {
    return {
      live: (query: QueryBuilder<Operation>) => query.whereIn('operations.status', [...LIVE_STATUSES]),
    };
  }

  static override get relationMappings() {
    return {
      server: {
        relation: Model.BelongsToOneRelation,
        modelClass: Server,
        join: { from: 'operations.serverId', to: 'servers.id' },
      },
      events: {
        relation: Model.HasManyRelation,
        modelClass: OperationEvent,
        join: { from: 'operations.id', to: 'operation_events.operationId' },
      },
      tasks: {
        relation: Model.HasManyRelation,
        modelClass: OperationTask,
        join: { from: 'operations.id', to: 'operation_tasks.operationId' },
      },
    };
  }
}
