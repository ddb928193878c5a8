import { Callout, FormGroup, InputGroup } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { fieldIssue } from '../api-error.ts';
import { PasswordField } from '../components/password-field.tsx';
import { describeBrowser } from '../describe-browser.ts';
import { PASSKEYS_KEY, useAccountChange } from '../hooks/use-account.ts';
import { addPasskey, passkeyRefusal } from '../passkeys.ts';
import { ChangeDialog } from './change-dialog.tsx';

/** Asks for a name and the password; then the browser asks for the rest. */
export function AddPasskeyDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState(describeBrowser(navigator.userAgent));
  const [password, setPassword] = useState('');
  const add = useAccountChange(PASSKEYS_KEY, addPasskey, onClose);
  const wrong = fieldIssue(add.error, 'password');
  const refusal = passkeyRefusal(add.error);
  return (
    <ChangeDialog
      title={t`Add a passkey`}
      keep={t`Cancel`}
      submit={t`Continue`}
      isReady={name.trim() !== '' && password !== ''}
      change={{ isPending: add.isPending, error: wrong || refusal ? null : add.error }}
      retryHint={t`It is not known whether the passkey was added. Look at the list before you try again.`}
      onSubmit={() => add.mutate({ name, password })}
      onClose={onClose}
    >
      <p>
        <Trans>Show that it is you. Your browser then asks where to keep the passkey.</Trans>
      </p>
      <PasswordField
        id="add-passkey-password"
        label={t`Your password`}
        autoFocus
        value={password}
        wrong={wrong}
        onChange={setPassword}
      />
      <FormGroup
        label={t`Name`}
        labelFor="add-passkey-name"
        helperText={
          <span id="add-passkey-help">
            <Trans>To tell it from others you may add</Trans>
          </span>
        }
      >
        <InputGroup
          id="add-passkey-name"
          autoComplete="off"
          maxLength={100}
          aria-describedby="add-passkey-help"
          value={name}
          onValueChange={setName}
        />
      </FormGroup>
      {refusal && (
        <Callout intent="danger" role="alert" compact>
          {refusal}
        </Callout>
      )}
    </ChangeDialog>
  );
}
