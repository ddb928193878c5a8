import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { SuspendServer } from '../../../contract/server-changes.ts';
import type { Server } from '../../../contract/servers.ts';
import { suspendServer } from '../api.ts';
import { TextField } from '../components/text-field.tsx';
import { useChange } from '../hooks/use-change.ts';
import { useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from './change-dialog.tsx';

/** Takes a server away from its owner for a while, who is told the reason. */
export function SuspendDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const suspend = useChange((body: SuspendServer, key) => suspendServer(server.id, body, key), onClose);
  const fields = useFields(
    { reason: reason.trim().length >= 3 ? null : t`Give a reason, of three characters at least` },
    suspend.error,
  );
  return (
    <ChangeDialog
      title={t`Suspend ${server.name}?`}
      keep={t`Keep it in service`}
      submit={t`Suspend server`}
      isHarsh
      fields={fields}
      change={suspend}
      onSubmit={() => suspend.mutate({ reason: reason.trim() })}
      onClose={onClose}
    >
      <p>
        <Trans>
          The server is shut down, or powered off after 60 seconds, and stays off until you lift the
          suspension. Disk and addresses are kept.
        </Trans>
      </p>
      <TextField
        label={t`Reason`}
        help={t`The customer reads this on the server’s page`}
        rows={2}
        maxLength={500}
        autoFocus
        wrong={fields.wrong.reason}
        value={reason}
        onChange={setReason}
      />
    </ChangeDialog>
  );
}
