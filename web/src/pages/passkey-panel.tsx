import { Button, Callout, Spinner, Tag } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { Passkey } from '../../../contract/passkeys.ts';
import { removePasskey, renamePasskey } from '../account-api.ts';
import { ErrorState } from '../components/error-state.tsx';
import { PasswordField } from '../components/password-field.tsx';
import { ifEmpty, TextField } from '../components/text-field.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { PASSKEYS_KEY, useAccountChange, usePasskeys } from '../hooks/use-account.ts';
import { useFields } from '../hooks/use-fields.ts';
import { whyNoPasskeys } from '../passkeys.ts';
import { AddPasskeyDialog } from './add-passkey-dialog.tsx';
import { ChangeDialog } from './change-dialog.tsx';

/** What somebody logs in with instead of a password. */
export function PasskeyPanel() {
  const passkeys = usePasskeys();
  const [isAdding, setIsAdding] = useState(false);
  const reason = whyNoPasskeys();
  const items = passkeys.data?.items ?? [];
  return (
    <section className="panel" aria-labelledby="passkeys-title">
      <div className="panel-head">
        <div>
          <h2 id="passkeys-title">
            <Trans>Passkeys</Trans>
          </h2>
          <p className="muted">
            <Trans>Log in with a finger, a face, a PIN or a security key, without password and code.</Trans>
          </p>
        </div>
        {reason === null && <Button text={t`Add a passkey`} onClick={() => setIsAdding(true)} />}
      </div>
      {reason !== null && (
        <Callout intent="warning" className="kept" compact>
          {reason}
        </Callout>
      )}
      {passkeys.isPending && <Spinner size={24} aria-label={t`Loading the passkeys`} />}
      {passkeys.isError && !passkeys.data && (
        <ErrorState
          title={t`Your passkeys cannot be shown`}
          error={passkeys.error}
          onRetry={() => void passkeys.refetch()}
        />
      )}
      {passkeys.data && items.length === 0 && reason === null && (
        <p className="kept muted">
          <Trans>You have none yet.</Trans>
        </p>
      )}
      {items.length > 0 && (
        <ul className="row-list" aria-label={t`Passkeys`}>
          {items.map((passkey) => (
            <PasskeyRow key={passkey.id} passkey={passkey} />
          ))}
        </ul>
      )}
      {isAdding && <AddPasskeyDialog onClose={() => setIsAdding(false)} />}
    </section>
  );
}

function PasskeyRow({ passkey: { id, name, isSynced, createdAt, lastUsedAt } }: { passkey: Passkey }) {
  const [asked, setAsked] = useState<'rename' | 'remove' | null>(null);
  const close = () => setAsked(null);
  return (
    <li>
      <div className="row-main">
        <div className="row-title">
          {name}
          {isSynced && (
            <Tag minimal>
              <Trans>On all your devices</Trans>
            </Tag>
          )}
        </div>
        <span className="second-line">
          <Trans>
            added <TimeAgo iso={createdAt} />
          </Trans>
          {' · '}
          {lastUsedAt === null ? (
            t`never used`
          ) : (
            <Trans>
              last used <TimeAgo iso={lastUsedAt} />
            </Trans>
          )}
        </span>
      </div>
      <div className="button-row row-end">
        <Button text={t`Rename`} aria-label={t`Rename ${name}`} onClick={() => setAsked('rename')} />
        <Button text={t`Remove`} aria-label={t`Remove ${name}`} onClick={() => setAsked('remove')} />
      </div>
      {asked === 'rename' && <RenameDialog id={id} name={name} onClose={close} />}
      {asked === 'remove' && <RemoveDialog id={id} name={name} onClose={close} />}
    </li>
  );
}

function RenameDialog({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const [typed, setTyped] = useState(name);
  const rename = useAccountChange(PASSKEYS_KEY, renamePasskey, onClose);
  const fields = useFields({ name: ifEmpty(typed, t`Enter a name`) }, rename.error);
  return (
    <ChangeDialog
      title={t`Rename ${name}`}
      keep={t`Cancel`}
      submit={t`Rename`}
      fields={fields}
      change={rename}
      onSubmit={() => (typed.trim() === name ? onClose() : rename.mutate({ id, name: typed.trim() }))}
      onClose={onClose}
    >
      <TextField
        label={t`Name`}
        autoFocus
        maxLength={100}
        wrong={fields.wrong.name}
        value={typed}
        onChange={setTyped}
      />
    </ChangeDialog>
  );
}

function RemoveDialog({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const [password, setPassword] = useState('');
  const remove = useAccountChange(PASSKEYS_KEY, removePasskey, onClose);
  const fields = useFields({ password: password ? null : t`Enter your password` }, remove.error);
  return (
    <ChangeDialog
      title={t`Remove ${name}`}
      keep={t`Keep it`}
      submit={t`Remove passkey`}
      isHarsh
      fields={fields}
      change={remove}
      onSubmit={() => remove.mutate({ id, password })}
      onClose={onClose}
    >
      <p>
        <Trans>
          Nobody can log in with it any more. Your device may go on offering it: delete it there too.
        </Trans>
      </p>
      <PasswordField
        id="remove-passkey-password"
        label={t`Your password`}
        autoFocus
        value={password}
        wrong={fields.wrong.password}
        onChange={setPassword}
      />
    </ChangeDialog>
  );
}
