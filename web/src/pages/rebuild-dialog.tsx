import { Spinner } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { RebuildServer } from '../../../contract/server-changes.ts';
import type { Server } from '../../../contract/servers.ts';
import { rebuildServer } from '../api.ts';
import { ErrorState } from '../components/error-state.tsx';
import { PasswordField } from '../components/password-field.tsx';
import { TextField } from '../components/text-field.tsx';
import { formatDisk } from '../format-size.ts';
import { useTemplates } from '../hooks/use-catalog.ts';
import { useChange } from '../hooks/use-change.ts';
import { type Fields, useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { ChoiceCards } from './choice-cards.tsx';
import { KeptKeys } from './kept-keys.tsx';
import { NameConfirmation } from './name-confirmation.tsx';

/** A fresh system for a server: which one, what is erased, what is kept, and the name to be sure. */
export function RebuildDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const templates = useTemplates();
  const [chosen, setChosen] = useState(server.template.id ?? '');
  const [typed, setTyped] = useState('');
  const [access, setAccess] = useState<Access>({ sshKeys: '', sshKeyIds: [], password: '' });
  const template = templates.data?.find(({ id }) => id === chosen);
  const rebuild = useChange((body: RebuildServer, key) => rebuildServer(server.id, body, key), onClose);
  const fields = useFields(
    { templateId: template ? null : t`Choose a template`, sshKeys: null, sshKeyIds: null, password: null },
    rebuild.error,
  );
  const { wrong } = fields;
  return (
    <ChangeDialog
      title={t`Rebuild ${server.name}?`}
      keep={t`Keep the server as it is`}
      submit={t`Rebuild server`}
      isHarsh
      canSubmit={templates.isSuccess && typed.trim() === server.name}
      fields={fields}
      change={rebuild}
      onSubmit={() => rebuild.mutate({ templateId: chosen, ...givenAccess(access) })}
      onClose={onClose}
      className="wide-dialog"
    >
      {templates.data && (
        <ChoiceCards
          legend={t`Template`}
          name="templateId"
          chosen={chosen}
          error={wrong.templateId}
          onChoose={setChosen}
          choices={templates.data.map(({ id, name, defaultUser, minDiskGib }) => ({
            id,
            title: name,
            details: <span>{t`user ${defaultUser}`}</span>,
            refusal: minDiskGib > server.diskGib ? t`Needs ${formatDisk(minDiskGib)} of disk` : null,
          }))}
        />
      )}
      {templates.isPending && <Spinner aria-label={t`Loading`} />}
      {templates.isError && (
        <ErrorState
          title={t`Templates could not be read`}
          error={templates.error}
          onRetry={() => void templates.refetch()}
        />
      )}
      <Losses server={server} />
      <KeptKeys
        accountId={server.accountId}
        chosen={access.sshKeyIds}
        error={wrong.sshKeyIds}
        onChoose={(sshKeyIds) => setAccess({ ...access, sshKeyIds })}
      />
      <AccessFields access={access} wrong={wrong} user={template?.defaultUser} onChange={setAccess} />
      <NameConfirmation name={server.name} typed={typed} onType={setTyped} />
    </ChangeDialog>
  );
}

function Losses({ server }: { server: Server }) {
  const addresses = server.ipAddresses.map((entry) => entry.address);
  return (
    <dl className="losses">
      <dt>
        <Trans>Erased</Trans>
      </dt>
      <dd>
        <Trans>Everything on its {formatDisk(server.diskGib)} disk, its snapshots and its password</Trans>
      </dd>
      <dt>
        <Trans>Kept</Trans>
      </dt>
      <dd>
        {addresses.length > 0 ? (
          <Trans>
            Id, name, plan and addresses ({addresses.join(', ')}), and its SSH keys unless you give others
          </Trans>
        ) : (
          <Trans>Id, name, plan and addresses, and its SSH keys unless you give others</Trans>
        )}
      </dd>
    </dl>
  );
}

interface Access {
  sshKeys: string;
  sshKeyIds: string[];
  password: string;
}

function givenAccess({
  sshKeys,
  sshKeyIds,
  password,
}: Access): Pick<RebuildServer, 'sshKeys' | 'sshKeyIds' | 'password'> {
  const keys = sshKeys
    .split('\n')
    .map((key) => key.trim())
    .filter(Boolean);
  return {
    ...(keys.length > 0 ? { sshKeys: keys } : {}),
    ...(sshKeyIds.length > 0 ? { sshKeyIds } : {}),
    ...(password ? { password } : {}),
  };
}

function AccessFields({
  access,
  wrong,
  user,
  onChange,
}: {
  access: Access;
  wrong: Fields<'sshKeys' | 'password'>['wrong'];
  user: string | undefined;
  onChange: (access: Access) => void;
}) {
  return (
    <>
      <TextField
        label={t`SSH keys`}
        isOptional
        help={t`Public keys, one per line; empty: the ones it has`}
        rows={2}
        isCode
        wrong={wrong.sshKeys}
        value={access.sshKeys}
        onChange={(sshKeys) => onChange({ ...access, sshKeys })}
      />
      <PasswordField
        id="rebuild-password"
        label={t`Password`}
        help={t`For ${user ?? t`the default user`}; at least 10 characters`}
        isOptional
        isNew
        wrong={wrong.password}
        value={access.password}
        onChange={(password) => onChange({ ...access, password })}
      />
    </>
  );
}
