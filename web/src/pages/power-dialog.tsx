import { Callout, Checkbox } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { PowerAction, Server, ServerAction } from '../../../contract/servers.ts';
import { actOnServer } from '../api.ts';
import { useChange } from '../hooks/use-change.ts';
import { POWER_ACTIONS } from '../operation-words.ts';
import { ChangeDialog } from './change-dialog.tsx';

/** Says what an action does before it is done. */
export function PowerDialog({
  server,
  action,
  onClose,
}: {
  server: Server;
  action: PowerAction;
  onClose: () => void;
}) {
  const [isForced, setIsForced] = useState(false);
  const words = POWER_ACTIONS[action];
  const act = useChange((body: ServerAction, key) => actOnServer(server.id, body, key), onClose);
  const body: ServerAction = action === 'shutdown' && isForced ? { action, force: true } : { action };
  return (
    <ChangeDialog
      title={`${words.label} ${server.name}?`}
      keep={t`Keep as it is`}
      submit={act.error ? t`Try again` : words.label}
      isHarsh={words.isHarsh}
      change={act}
      onSubmit={() => act.mutate(body)}
      onClose={onClose}
      retryHint={t`It is not known whether the action was accepted. Trying again is safe: it happens once.`}
    >
      <p>{words.consequence}</p>
      {action === 'shutdown' && (
        <Checkbox
          checked={isForced}
          onChange={(event) => setIsForced(event.currentTarget.checked)}
          label={t`Power off if it has not shut down after 60 seconds`}
        />
      )}
      {server.status === 'unknown' && (
        <Callout intent="warning" compact>
          <Trans>Whether this server runs is not known at the moment, so the action may be refused.</Trans>
        </Callout>
      )}
    </ChangeDialog>
  );
}
