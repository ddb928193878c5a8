import { Button } from '@blueprintjs/core';
import { Offline, Play, Power, Refresh, Reset } from '@blueprintjs/icons';
import { type ReactElement, useState } from 'react';
import type { PowerAction, Server, ServerStatus } from '../../../contract/servers.ts';
import { POWER_ACTIONS } from '../operation-words.ts';
import { blockedBecause } from './blocked-because.ts';
import { PowerDialog } from './power-dialog.tsx';

const ICONS: Record<PowerAction, ReactElement> = {
  start: <Play />,
  shutdown: <Power />,
  reboot: <Refresh />,
  stop: <Offline />,
  reset: <Reset />,
};
const ORDER: PowerAction[] = ['start', 'shutdown', 'reboot', 'stop', 'reset'];
const ALL = new Set<PowerAction>(ORDER);

/** What makes sense in each status. Of an unknown server nobody knows, so nothing is ruled out. */
const POSSIBLE: Record<ServerStatus, ReadonlySet<PowerAction>> = {
  running: new Set<PowerAction>(['shutdown', 'reboot', 'stop', 'reset']),
  stopped: new Set<PowerAction>(['start']),
  unknown: ALL,
  provisioning: new Set(),
  suspended: new Set(),
  failed: new Set(),
  deleting: new Set(),
};

/** The power buttons; those that cannot be used now say why. A suspended server has none: its page says what to do. */
export function PowerActions({ server }: { server: Server }) {
  const [asked, setAsked] = useState<PowerAction | null>(null);
  const reason = blockedBecause(server);
  if (server.status === 'suspended') return null;
  return (
    <div className="power-actions" role="group" aria-label="Power">
      {ORDER.map((action) => (
        <Button
          key={action}
          icon={ICONS[action]}
          text={POWER_ACTIONS[action].label}
          disabled={reason !== null || !POSSIBLE[server.status].has(action)}
          title={reason ?? unfit(action, server.status)}
          aria-describedby={reason ? 'power-reason' : undefined}
          onClick={() => setAsked(action)}
        />
      ))}
      {reason && (
        <span id="power-reason" className="muted power-reason">
          {reason}
        </span>
      )}
      {asked && <PowerDialog server={server} action={asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

function unfit(action: PowerAction, status: ServerStatus): string | undefined {
  if (POSSIBLE[status].has(action)) return undefined;
  return action === 'start' ? 'The server is running already' : 'The server is not running';
}
