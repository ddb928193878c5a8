import { Checkbox } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ResetPassword } from '../../../contract/server-changes.ts';
import type { Server } from '../../../contract/servers.ts';
import { resetPassword } from '../api.ts';
import { PasswordField } from '../components/password-field.tsx';
import { useChange } from '../hooks/use-change.ts';
import { useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from './change-dialog.tsx';

const MIN_LENGTH = 10;

/** A new password inside a server, and what may be done to set it. */
export function ResetPasswordDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const [password, setPassword] = useState('');
  const [allowReboot, setAllowReboot] = useState(false);
  const reset = useChange((body: ResetPassword, key) => resetPassword(server.id, body, key), onClose);
  const isLong = password.length >= MIN_LENGTH;
  const fields = useFields(
    { password: isLong ? null : t`Choose one of at least ${MIN_LENGTH} characters` },
    reset.error,
  );
  return (
    <ChangeDialog
      title={t`Reset the password of ${server.name}`}
      keep={t`Keep the password`}
      submit={t`Reset password`}
      fields={fields}
      change={reset}
      onSubmit={() => reset.mutate({ password, allowReboot })}
      onClose={onClose}
    >
      <PasswordField
        id="new-password"
        label={t`New password`}
        help={t`For ${server.defaultUser ?? t`the default user`}; at least ${MIN_LENGTH} characters`}
        isNew
        autoFocus
        wrong={fields.wrong.password}
        value={password}
        onChange={setPassword}
      />
      <p>
        <Trans>The guest agent sets it at once, if it answers. SSH keys are kept.</Trans>
      </p>
      <Checkbox
        checked={allowReboot}
        aria-describedby="allow-reboot-help"
        label={t`If it does not answer, reboot the server and let cloud-init set it`}
        onChange={(event) => setAllowReboot(event.currentTarget.checked)}
      />
      <p id="allow-reboot-help" className="muted">
        <Trans>
          To cloud-init that is a first boot: the server gets new SSH host keys, and user data runs again.
        </Trans>
      </p>
    </ChangeDialog>
  );
}
