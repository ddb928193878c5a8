import { Button, DialogBody, DialogFooter, FormGroup, InputGroup } from '@blueprintjs/core';
import { Edit } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { type FormEvent, useState } from 'react';
import type { Server } from '../../../contract/servers.ts';
import { ApiError } from '../api-error.ts';
import { Dialog } from '../components/dialog.tsx';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { useForbidden } from '../hooks/use-forbidden.ts';
import { useReturnFocus } from '../hooks/use-return-focus.ts';
import { useUpdateServer } from '../hooks/use-update-server.ts';
import { inLanguage } from '../contract-words.ts';

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
  useReturnFocus();
  const [name, setName] = useState(server.name);
  const update = useUpdateServer(server, onClose);
  const [issue] = update.error instanceof ApiError ? (update.error.problem.issues ?? []) : [];
  const refused = issue && inLanguage(issue.message, issue.said);
  const isNew = name.trim() !== '' && name.trim() !== server.name;

  function rename(event: FormEvent): void {
    event.preventDefault();
    if (isNew && !update.isPending) update.mutate({ name });
  }

  return (
    <Dialog isOpen title={t`Rename ${server.name}`} onClose={onClose} className="narrow-dialog">
      <form onSubmit={rename}>
        <DialogBody>
          <NameField name={name} refused={refused} onChange={setName} />
          {update.error && !refused && (
            <ProblemCallout
              error={update.error}
              retryHint={t`It is not known whether it was renamed. Trying again is safe.`}
            />
          )}
        </DialogBody>
        <DialogFooter
          actions={
            <>
              <Button text={t`Cancel`} onClick={onClose} />
              <Button
                type="submit"
                intent="primary"
                text={t`Rename`}
                disabled={!isNew}
                loading={update.isPending}
              />
            </>
          }
        />
      </form>
    </Dialog>
  );
}

interface NameFieldProps {
  name: string;
  /** Why the API would not take it. */
  refused: string | undefined;
  onChange: (name: string) => void;
}

function NameField({ name, refused, onChange }: NameFieldProps) {
  const help =
    refused ??
    t`Letters, digits and hyphens. Only what it is called here: the system inside keeps its host name.`;
  return (
    <FormGroup
      label={t`Name`}
      labelFor="rename-name"
      intent={refused ? 'danger' : 'none'}
      helperText={<span id="rename-help">{help}</span>}
    >
      <InputGroup
        id="rename-name"
        autoComplete="off"
        spellCheck={false}
        autoFocus
        aria-describedby="rename-help"
        aria-invalid={refused !== undefined}
        value={name}
        onValueChange={onChange}
      />
    </FormGroup>
  );
}
