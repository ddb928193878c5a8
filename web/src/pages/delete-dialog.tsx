import { Button, Dialog, DialogBody, DialogFooter, FormGroup, InputGroup } from '@blueprintjs/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Server } from '../../../contract/servers.ts';
import { deleteServer } from '../api.ts';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { formatDisk } from '../format-size.ts';
import { useSubmit } from '../hooks/use-submit.ts';
import { applyAccepted } from '../live-cache.ts';

function useDelete(server: Server, onAccepted: () => void) {
  const client = useQueryClient();
  const submit = useSubmit();
  return useMutation({
    mutationFn: () => submit({ delete: server.id }, (key) => deleteServer(server.id, key)),
    onSuccess: (accepted) => {
      applyAccepted(client, accepted);
      onAccepted();
    },
  });
}

/** Lists what is lost and asks for the name, so that nobody deletes the wrong server. */
export function DeleteDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const isConfirmed = typed.trim() === server.name;
  const remove = useDelete(server, onClose);

  function confirm(event: FormEvent): void {
    event.preventDefault();
    if (isConfirmed && !remove.isPending) remove.mutate();
  }

  return (
    <Dialog isOpen title={`Delete ${server.name}?`} onClose={onClose} className="narrow-dialog">
      <form onSubmit={confirm}>
        <DialogBody>
          <p>This cannot be undone.</p>
          <Losses server={server} />
          <FormGroup
            label={
              <>
                Type <strong>{server.name}</strong> to confirm
              </>
            }
            labelFor="delete-name"
          >
            <InputGroup
              id="delete-name"
              autoComplete="off"
              spellCheck={false}
              autoFocus
              value={typed}
              onValueChange={setTyped}
            />
          </FormGroup>
          {remove.error && (
            <ProblemCallout
              error={remove.error}
              retryHint="It is not known whether the request was accepted. Trying again is safe."
            />
          )}
        </DialogBody>
        <DialogFooter
          actions={
            <>
              <Button text="Keep the server" onClick={onClose} />
              <Button
                type="submit"
                intent="danger"
                text="Delete server"
                disabled={!isConfirmed}
                loading={remove.isPending}
              />
            </>
          }
        />
      </form>
    </Dialog>
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
