import { t } from '@lingui/core/macro';
import type { PowerAction, Server, ServerStatus } from '../../../contract/servers.ts';

export const POWER_ORDER: PowerAction[] = ['start', 'shutdown', 'reboot', 'stop', 'reset'];
const ALL = new Set<PowerAction>(POWER_ORDER);

/** What makes sense in each status. Of an unknown server nobody knows, so nothing is ruled out. */
const POSSIBLE: Record<ServerStatus, ReadonlySet<PowerAction>> = {
  running: new Set<PowerAction>(['shutdown', 'reboot', 'stop', 'reset']),
  stopped: new Set<PowerAction>(['start']),
  unknown: ALL,
  provisioning: new Set(),
  suspended: new Set(),
  failed: new Set(),
  cancelled: new Set(),
  deleting: new Set(),
};

/** Why an action makes no sense in the server's status; null when it does. */
export function unfitFor(action: PowerAction, { status }: Server): string | null {
  if (POSSIBLE[status].has(action)) return null;
  return action === 'start' ? t`The server is running already` : t`The server is not running`;
}
