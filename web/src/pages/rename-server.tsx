import { Button } from '@blueprintjs/core';
import { Edit } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { Server } from '../../../contract/servers.ts';
import { ifEmpty, TextField } from '../components/text-field.tsx';
import { useFields } from '../hooks/use-fields.ts';
import { useForbidden } from '../hooks/use-forbidden.ts';
import { useUpdateServer } from '../hooks/use-update-server.ts';
import { ChangeDialog } from './change-dialog.tsx';

/** The pencil beside a server's name. */
export function RenameServer({ server }: { server: Server }) {
  const [isAsked, setIsAsked] = useState(false);
  if (useForbidden()(server, 'operate')) return null;
  return (
    <>
      <Button
        variant="minimal"
        size="small"
        icon={<Edit />}
        aria-label={t`Rename`}
        title={t`Rename`}
        onClick={() => setIsAsked(true)}
      />
      {isAsked && <RenameDialog server={server} onClose={() => setIsAsked(false)} />}
    </>
  );
}

function RenameDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const [name, setName] = useState(server.name);
  const update = useUpdateServer(server, onClose);
  const fields = useFields({ name: ifEmpty(name, t`Enter a name`) }, update.error);
  return (
    <ChangeDialog
      title={t`Rename ${server.name}`}
      keep={t`Cancel`}
      submit={t`Rename`}
      fields={fields}
      change={update}
      onSubmit={() => (name.trim() === server.name ? onClose() : update.mutate({ name }))}
      onClose={onClose}
      retryHint={t`It is not known whether it was renamed. Trying again is safe.`}
    >
      <TextField
        label={t`Name`}
        help={t`Letters, digits and hyphens. Only what it is called here: the system inside keeps its host name.`}
        autoFocus
        wrong={fields.wrong.name}
        value={name}
        onChange={setName}
      />
    </ChangeDialog>
  );
}
