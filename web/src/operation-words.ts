import { OPERATIONS, type OperationDefinition } from '../../contract/operation-table.ts';
import type { OperationStatus } from '../../contract/operations.ts';
import type { PowerAction } from '../../contract/servers.ts';

export const OPERATION_STATUS_WORDS: Record<OperationStatus, string> = {
  pending: 'Waiting to start',
  running: 'Running',
  needs_attention: 'Needs attention',
  succeeded: 'Succeeded',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const definition = (type: string): OperationDefinition | undefined =>
  Object.hasOwn(OPERATIONS, type) ? OPERATIONS[type as keyof typeof OPERATIONS] : undefined;

/** The name of an operation, whose type may be newer than this dashboard. */
export const operationName = (type: string): string => definition(type)?.name ?? type;

/** Whether only administrators request and cancel it. */
export const isAdminsOwn = (type: string): boolean => definition(type)?.requestedBy === 'admin';

/** What is said while it is under way. */
export const operationOngoing = (type: string): string => definition(type)?.ongoing ?? type;

export interface PowerActionWords {
  label: string;
  /** What happens, told before it is done. */
  consequence: string;
  isHarsh: boolean;
}

export const POWER_ACTIONS: Record<PowerAction, PowerActionWords> = {
  start: {
    label: 'Start',
    consequence: 'The server boots from its disk. Its addresses stay the same.',
    isHarsh: false,
  },
  shutdown: {
    label: 'Shut down',
    consequence:
      'The operating system is asked to shut down cleanly. Services on this server stop until you start it again. Disk and addresses are kept.',
    isHarsh: false,
  },
  reboot: {
    label: 'Reboot',
    consequence:
      'The operating system is asked to restart. The server does not answer for a short while. Disk and addresses are kept.',
    isHarsh: false,
  },
  stop: {
    label: 'Power off',
    consequence:
      'Power is cut at once, like pulling the plug. Whatever is not yet on disk is lost. Disk and addresses are kept.',
    isHarsh: true,
  },
  reset: {
    label: 'Reset',
    consequence:
      'The server is restarted at once, like pressing the reset button. Whatever is not yet on disk is lost. Disk and addresses are kept.',
    isHarsh: true,
  },
};
