import { Button } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { lazy, Suspense, useState } from 'react';
import type { PowerAction, Server } from '../../../contract/servers.ts';
import { OnTheWay } from '../components/on-the-way.tsx';
import type { Selection } from '../hooks/use-selection.ts';
import { POWER_ACTIONS } from '../operation-words.ts';
import { POWER_ORDER } from './power-fit.ts';
import { POWER_ICONS } from './power-icons.tsx';

const BulkPowerDialog = lazy(async () => ({
  default: (await import('./bulk-power-dialog.tsx')).BulkPowerDialog,
}));

/** What can be done with all selected servers at once; nothing while none is. */
export function BulkBar({ selection }: { selection: Selection<Server> }) {
  // The dialog keeps to the servers it was opened for, whatever happens to the list behind it.
  const [asked, setAsked] = useState<{ action: PowerAction; servers: Server[] } | null>(null);
  const { items } = selection;
  return (
    <>
      {items.length > 0 && (
        <section className="bulk-bar" aria-label={t`Selected servers`}>
          <strong role="status">{t`${items.length} selected`}</strong>
          {POWER_ORDER.map((action) => (
            <Button
              key={action}
              icon={POWER_ICONS[action]}
              text={POWER_ACTIONS[action].label}
              onClick={() => setAsked({ action, servers: items })}
            />
          ))}
          <Button variant="minimal" text={t`Clear the selection`} onClick={selection.clear} />
        </section>
      )}
      {asked && (
        <Suspense fallback={<OnTheWay />}>
          <BulkPowerDialog {...asked} onDone={selection.clear} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </>
  );
}
