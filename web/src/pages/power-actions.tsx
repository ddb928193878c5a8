import { Button } from '@blueprintjs/core';
import { useState } from 'react';
import type { PowerAction, Server } from '../../../contract/servers.ts';
import { useForbidden } from '../hooks/use-forbidden.ts';
import { POWER_ACTIONS } from '../operation-words.ts';
import { blockedBecause } from './blocked-because.ts';
import { PowerDialog } from './power-dialog.tsx';
import { POWER_ORDER, unfitFor } from './power-fit.ts';
import { POWER_ICONS } from './power-icons.tsx';

/** The power buttons; those that cannot be used now say why. A suspended server has none: its page says what to do. */
export function PowerActions({ server }: { server: Server }) {
  const [asked, setAsked] = useState<PowerAction | null>(null);
  const forbidden = useForbidden();
  const reason = forbidden(server, 'operate') ?? blockedBecause(server);
  if (server.status === 'suspended') return null;
  return (
    <div className="power-actions" role="group" aria-label="Power">
      {POWER_ORDER.map((action) => (
        <Button
          key={action}
          icon={POWER_ICONS[action]}
          text={POWER_ACTIONS[action].label}
          disabled={reason !== null || unfitFor(action, server) !== null}
          title={reason ?? unfitFor(action, server) ?? undefined}
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
