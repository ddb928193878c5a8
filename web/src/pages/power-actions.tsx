import { t } from '@lingui/core/macro';
import { useEffect, useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import type { PowerAction, Server } from '../../../contract/servers.ts';
import { useForbidden } from '../hooks/use-forbidden.ts';
import { blockedBecause } from './blocked-because.ts';
import { PowerButton } from './power-button.tsx';
import { PowerDialog } from './power-dialog.tsx';
import { POWER_ORDER, unfitFor } from './power-fit.ts';
import { ROLE_REFUSAL_ID } from './role-refusal.tsx';

/**
 * The power buttons; those that cannot be used now say why. A suspended server has none: its page says what to do; nor has one
 * that was not built.
 */
export function PowerActions({ server }: { server: Server }) {
  const [asked, setAsked] = useState<PowerAction | null>(null);
  const forbidden = useForbidden()(server, 'operate');
  useAskedFromElsewhere(setAsked);
  const blocked = forbidden ? null : blockedBecause(server);
  if (['suspended', 'failed', 'cancelled'].includes(server.status)) return null;
  return (
    <div className="power-actions" role="group" aria-label={t`Power`}>
      {POWER_ORDER.map((action) => (
        <PowerButton
          key={action}
          action={action}
          reason={forbidden ?? blocked ?? unfitFor(action, server)}
          reasonId={forbidden ? ROLE_REFUSAL_ID : blocked ? 'power-reason' : undefined}
          onAsk={() => setAsked(action)}
        />
      ))}
      {blocked && (
        <span id="power-reason" className="muted power-reason">
          {blocked}
        </span>
      )}
      {asked && <PowerDialog server={server} action={asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

/** The jump bar leads here with an action in the history's state, which is taken out so that a reload does not ask again. */
function useAskedFromElsewhere(onAsked: (action: PowerAction) => void): void {
  const { state, search } = useLocation() as { state: { power?: PowerAction } | null; search: string };
  const navigate = useNavigate();
  const power = state?.power;
  useEffect(() => {
    if (!power) return;
    onAsked(power);
    void navigate({ search }, { replace: true, state: null });
  }, [power, search, navigate, onAsked]);
}
