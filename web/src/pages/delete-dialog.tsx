import { Checkbox } from '@blueprintjs/core';
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

/** Lists what is lost and asks for the name, so that nobody deletes the wrong server. */
export function DeleteDialog({ server, graceHours = 0, onClose }: DeleteDialogProps) {
  const [typed, setTyped] = useState('');
  const [isNow, setIsNow] = useState(false);
  const isAdmin = useIsAdmin();
  const remove = useChange((now: boolean, key) => deleteServer(server.id, now, key), onClose);
  const isErasedAtOnce = isNow || graceHours === 0;
  return (
    <ChangeDialog
      title={`Delete ${server.name}?`}
      keep="Keep the server"
      submit="Delete server"
      isHarsh
      isReady={typed.trim() === server.name}
      change={remove}
      onSubmit={() => remove.mutate(isNow)}
      onClose={onClose}
    >
      <p>
        {isErasedAtOnce
          ? 'The server is erased at once, and cannot be brought back.'
          : `The server is powered off now, and erased ${formatHours(graceHours)} later. Until then it can be kept, on this page, with everything on it.`}
      </p>
      <Losses server={server} />
      {isAdmin && graceHours > 0 && (
        <Checkbox
          checked={isNow}
          onChange={(event) => setIsNow(event.currentTarget.checked)}
          label="Erase it at once, without that time"
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
      <dt>Erased</dt>
      <dd>The VM and everything on its {formatDisk(server.diskGib)} disk</dd>
      <dt>Released</dt>
      <dd>{addresses ? `${addresses}, for others to use` : 'No address'}</dd>
      <dt>Kept</dt>
      <dd>The record of what was done to it</dd>
    </dl>
  );
}
