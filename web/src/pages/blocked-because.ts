import { t } from '@lingui/core/macro';
import type { Server, ServerStatus } from '../../../contract/servers.ts';
import { operationName } from '../contract-words.ts';

const WHY: Partial<Record<ServerStatus, string>> = {
  get provisioning() {
    return t`Available once the server has been created.`;
  },
  get failed() {
    return t`This server could not be created, or its deletion failed, so there is nothing to switch on. Delete it.`;
  },
  get cancelled() {
    return t`The order of this server was cancelled, so there is nothing to switch on.`;
  },
  get suspended() {
    return t`This server is suspended.`;
  },
  get deleting() {
    return t`This server is being deleted.`;
  },
};

/** Why nothing can be done with a server now; null when something can. */
export function blockedBecause({ operation, status }: Server): string | null {
  if (operation && status !== 'deleting') {
    return t`“${operationName(operation.type)}” is under way; actions are available again when it has finished.`;
  }
  return WHY[status] ?? null;
}
