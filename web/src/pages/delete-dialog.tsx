import { Checkbox } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { Server } from '../../../contract/servers.ts';
import { deleteServer } from '../api.ts';
import { formatDisk } from '../format-size.ts';
import { formatHours } from '../format-time.ts';
import { useChange } from '../hooks/use-change.ts';
import { useIsAdmin } from '../hooks/use-is-admin.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { NameConfirmation } from './name-confirmation.tsx';

interface DeleteDialogProps {
  server: Server;
  /** How long the server can be had back; unknown is treated as not at all. */
  graceHours: number | undefined;
  onClose: () => void;
}

/** Takes a server off the list of which nothing exists, or else asks first. */
export function DeleteDialog(props: DeleteDialogProps) {
  return props.server.status === 'cancelled' ? <RemoveDialog {...props} /> : <EraseDialog {...props} />;
}

function RemoveDialog({ server, onClose }: DeleteDialogProps) {
  const remove = useChange((_: undefined, key) => deleteServer(server.id, false, key), onClose);
  return (
    <ChangeDialog
      title={t`Remove ${server.name} from the list?`}
      keep={t`Leave it there`}
      submit={t`Remove`}
      change={remove}
      onSubmit={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      <p>
        <Trans>
          Its order was cancelled: there is no VM, no disk and no address. The record of what was done to it
          is kept.
        </Trans>
      </p>
    </ChangeDialog>
  );
}

/** Lists what is lost and asks for the name, so that nobody deletes the wrong server. */
function EraseDialog({ server, graceHours = 0, onClose }: DeleteDialogProps) {
  const [typed, setTyped] = useState('');
  const [isNow, setIsNow] = useState(false);
  const isAdmin = useIsAdmin();
  const remove = useChange((now: boolean, key) => deleteServer(server.id, now, key), onClose);
  const isErasedAtOnce = isNow || graceHours === 0;
  return (
    <ChangeDialog
      title={t`Delete ${server.name}?`}
      keep={t`Keep the server`}
      submit={t`Delete server`}
      isHarsh
      canSubmit={typed.trim() === server.name}
      change={remove}
      onSubmit={() => remove.mutate(isNow)}
      onClose={onClose}
    >
      <p>
        {isErasedAtOnce
          ? t`The server is erased at once, and cannot be brought back.`
          : t`The server is powered off now, and erased ${formatHours(graceHours)} later. Until then it can be kept, on this page, with everything on it.`}
      </p>
      <Losses server={server} />
      {isAdmin && graceHours > 0 && (
        <Checkbox
          checked={isNow}
          onChange={(event) => setIsNow(event.currentTarget.checked)}
          label={t`Erase it at once, without that time`}
        />
      )}
      <NameConfirmation name={server.name} typed={typed} onType={setTyped} autoFocus />
    </ChangeDialog>
  );
}

function Losses({ server }: { server: Server }) {
  const addresses = server.ipAddresses.map((entry) => entry.address).join(', ');
  return (
    <dl className="losses">
      <dt>
        <Trans>Erased</Trans>
      </dt>
      <dd>
        <Trans>The VM and everything on its {formatDisk(server.diskGib)} disk</Trans>
      </dd>
      <dt>
        <Trans>Released</Trans>
      </dt>
      <dd>{addresses ? t`${addresses}, for others to use` : t`No address`}</dd>
      <dt>
        <Trans>Kept</Trans>
      </dt>
      <dd>
        <Trans>The record of what was done to it</Trans>
      </dd>
    </dl>
  );
}
