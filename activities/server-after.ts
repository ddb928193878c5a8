import { raw, type PartialModelObject } from 'objection';
import type { Operation, ServerSize } from '../db/models/operation.ts';
import type { Server } from '../db/models/server.ts';
import type { OperationOutcome } from './finish-operation.ts';

/** What the end of an operation changes about its server's record; nothing for most of them. */
export function serverAfter(
  { type, params }: Pick<Operation, 'type' | 'params'>,
  outcome: OperationOutcome['outcome'],
): PartialModelObject<Server> {
  const isDone = outcome === 'succeeded';
  switch (type) {
    case 'provision':
      return { lifecycle: isDone ? 'active' : outcome };
    case 'adopt':
      // The VM is left as it was found; nothing remains that could be deleted.
      return isDone ? { lifecycle: 'active' } : { lifecycle: 'deleted', deletedAt: raw('now()') };
    case 'terminate':
      return isDone
        ? { lifecycle: 'deleted', deletedAt: raw('now()') }
        : { lifecycle: params.previousLifecycle ?? 'failed' };
    case 'rebuild':
      return isDone && params.templateId
        ? { templateId: params.templateId, restartNeeded: false, rescue: null }
        : {};
    case 'resize':
      return isDone && params.target ? planOf(params.target) : {};
    case 'suspend': {
      const { reason = null, powerBefore, onbootBefore = null } = params;
      return isDone
        ? {
            lifecycle: 'suspended',
            suspendReason: reason,
            powerBeforeSuspend: powerBefore && powerBefore !== 'unknown' ? powerBefore : null,
            onbootBeforeSuspend: onbootBefore,
          }
        : {};
    }
    case 'unsuspend':
      return isDone ? { lifecycle: 'active', ...NOT_SUSPENDED } : {};
    case 'leave_rescue':
      return isDone ? { rescue: null } : {};
    case 'start':
    case 'shutdown':
    case 'stop':
    case 'reboot':
    case 'reset':
    case 'rescue':
    case 'reset_password':
    case 'migrate':
      return {};
  }
}

/** Without the disk, whose size is recorded as soon as it has grown. */
const planOf = ({ planId, vcpu, memoryMib }: ServerSize) => ({ planId, planName: null, vcpu, memoryMib });

const NOT_SUSPENDED = { suspendReason: null, powerBeforeSuspend: null, onbootBeforeSuspend: null };
