import { useState } from 'react';
import type { Server } from '../../../contract/servers.ts';
import { deleteServer } from '../api.ts';
import { formatDisk } from '../format-size.ts';
import { useChange } from '../hooks/use-change.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { NameConfirmation } from './name-confirmation.tsx';

/** Lists what is lost and asks for the name, so that nobody deletes the wrong server. */
export function DeleteDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const remove = useChange((_: null, key) => deleteServer(server.id, key), onClose);
  return (
    <ChangeDialog
      title={`Delete ${server.name}?`}
      keep="Keep the server"
      submit="Delete server"
      isHarsh
      isReady={typed.trim() === server.name}
      change={remove}
      onSubmit={() => remove.mutate(null)}
      onClose={onClose}
    >
      <p>
        What is erased cannot be brought back. Where your provider leaves time to think it over, the server’s
        page says until when it can be kept.
      </p>
      <Losses server={server} />
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
