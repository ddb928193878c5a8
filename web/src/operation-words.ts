import { t } from '@lingui/core/macro';
import type { OperationStatus } from '../../contract/operations.ts';
import type { PowerAction } from '../../contract/servers.ts';

export const OPERATION_STATUS_WORDS: Record<OperationStatus, string> = {
  get pending() {
    return t`Waiting to start`;
  },
  get running() {
    return t`Running`;
  },
  get needs_attention() {
    return t`Needs attention`;
  },
  get succeeded() {
    return t`Succeeded`;
  },
  get failed() {
    return t`Failed`;
  },
  get cancelled() {
    return t`Cancelled`;
  },
};

export interface PowerActionWords {
  label: string;
  /** What happens, told before it is done. */
  consequence: string;
  isHarsh: boolean;
}

export const POWER_ACTIONS: Record<PowerAction, PowerActionWords> = {
  start: {
    get label() {
      return t`Start`;
    },
    get consequence() {
      return t`The server boots from its disk. Its addresses stay the same.`;
    },
    isHarsh: false,
  },
  shutdown: {
    get label() {
      return t`Shut down`;
    },
    get consequence() {
      return t`The operating system is asked to shut down cleanly. Services on this server stop until you start it again. Disk and addresses are kept.`;
    },
    isHarsh: false,
  },
  reboot: {
    get label() {
      return t`Reboot`;
    },
    get consequence() {
      return t`The operating system is asked to restart. The server does not answer for a short while. Disk and addresses are kept.`;
    },
    isHarsh: false,
  },
  stop: {
    get label() {
      return t`Power off`;
    },
    get consequence() {
      return t`Power is cut at once, like pulling the plug. Whatever is not yet on disk is lost. Disk and addresses are kept.`;
    },
    isHarsh: true,
  },
  reset: {
    get label() {
      return t`Reset`;
    },
    get consequence() {
      return t`The server is restarted at once, like pressing the reset button. Whatever is not yet on disk is lost. Disk and addresses are kept.`;
    },
    isHarsh: true,
  },
};
