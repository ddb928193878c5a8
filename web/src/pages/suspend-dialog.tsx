import { FormGroup, TextArea } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { SuspendServer } from '../../../contract/server-changes.ts';
import type { Server } from '../../../contract/servers.ts';
import { suspendServer } from '../api.ts';
import { useChange } from '../hooks/use-change.ts';
import { ChangeDialog } from './change-dialog.tsx';

/** Takes a server away from its owner for a while, who is told the reason. */
export function SuspendDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const suspend = useChange((body: SuspendServer, key) => suspendServer(server.id, body, key), onClose);
  return (
    <ChangeDialog
      title={t`Suspend ${server.name}?`}
      keep={t`Keep it in service`}
      submit={t`Suspend server`}
      isHarsh
      isReady={reason.trim().length >= 3}
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
      <FormGroup
        label={t`Reason`}
        labelFor="suspend-reason"
        helperText={
          <span id="suspend-reason-help">
            <Trans>The customer reads this on the server’s page</Trans>
          </span>
        }
      >
        <TextArea
          id="suspend-reason"
          fill
          rows={2}
          maxLength={500}
          autoFocus
          aria-describedby="suspend-reason-help"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </FormGroup>
    </ChangeDialog>
  );
}
