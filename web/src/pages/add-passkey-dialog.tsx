import { Callout } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { PasswordField } from '../components/password-field.tsx';
import { ifEmpty, TextField } from '../components/text-field.tsx';
import { describeBrowser } from '../describe-browser.ts';
import { PASSKEYS_KEY, useAccountChange } from '../hooks/use-account.ts';
import { useFields } from '../hooks/use-fields.ts';
import { addPasskey, passkeyRefusal } from '../passkeys.ts';
import { ChangeDialog } from './change-dialog.tsx';

/** Asks for a name and the password; then the browser asks for the rest. */
export function AddPasskeyDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState(describeBrowser(navigator.userAgent));
  const [password, setPassword] = useState('');
  const add = useAccountChange(PASSKEYS_KEY, addPasskey, onClose);
  const fields = useFields(
    { password: ifEmpty(password, t`Enter your password`), name: ifEmpty(name, t`Enter a name`) },
    add.error,
  );
  const { wrong } = fields;
  const refusal = passkeyRefusal(add.error);
  return (
    <ChangeDialog
      title={t`Add a passkey`}
      keep={t`Cancel`}
      submit={t`Continue`}
      fields={refusal === null ? fields : { ...fields, rest: null }}
      change={add}
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
        wrong={wrong.password}
        onChange={setPassword}
      />
      <TextField
        label={t`Name`}
        help={t`To tell it from others you may add`}
        maxLength={100}
        wrong={wrong.name}
        value={name}
        onChange={setName}
      />
      {refusal && (
        <Callout className="problem" tabIndex={-1} intent="danger" role="alert" compact>
          {refusal}
        </Callout>
      )}
    </ChangeDialog>
  );
}
