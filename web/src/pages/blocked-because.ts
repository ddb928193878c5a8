import type { Server, ServerStatus } from '../../../contract/servers.ts';
import { operationName } from '../operation-words.ts';

const WHY: Partial<Record<ServerStatus, string>> = {
  provisioning: 'Available once the server has been created.',
  failed:
    'This server could not be created, or its deletion failed, so there is nothing to switch on. Delete it.',
  suspended: 'This server is suspended.',
  deleting: 'This server is being deleted.',
};

/** Why nothing can be done with a server now; null when something can. */
export function blockedBecause({ operation, status }: Server): string | null {
  if (operation) {
    return `“${operationName(operation.type)}” is under way; actions are available again when it has finished.`;
  }
  return WHY[status] ?? null;
}
