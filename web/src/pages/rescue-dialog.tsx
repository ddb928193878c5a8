import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { Server } from '../../../contract/servers.ts';
import { enterRescue, leaveRescue } from '../api.ts';
import { useChange } from '../hooks/use-change.ts';
import { ChangeDialog } from './change-dialog.tsx';

interface RescueDialogProps {
  server: Server;
  onClose: () => void;
}

/** The way into the rescue system, or back from it when the server is in there. */
export function RescueDialog({ server, onClose }: RescueDialogProps) {
  const enter = useChange((_: null, key) => enterRescue(server.id, key), onClose);
  const leave = useChange((_: null, key) => leaveRescue(server.id, key), onClose);
  if (server.rescue) {
    return (
      <ChangeDialog
        title={t`Leave the rescue system of ${server.name}?`}
        keep={t`Stay in the rescue system`}
        submit={t`Leave rescue system`}
        change={leave}
        onSubmit={() => leave.mutate(null)}
        onClose={onClose}
      >
        <p>
          <Trans>
            The server restarts from its own disk. What was not saved in the rescue system is lost.
          </Trans>
        </p>
      </ChangeDialog>
    );
  }
  return (
    <ChangeDialog
      title={t`Boot ${server.name} from the rescue system?`}
      keep={t`Keep it as it is`}
      submit={t`Boot rescue system`}
      change={enter}
      onSubmit={() => enter.mutate(null)}
      onClose={onClose}
    >
      <p>
        <Trans>
          The server restarts from a medium of your provider, so that the system on its disk can be mended.
          Its services stop until you leave the rescue system.
        </Trans>
      </p>
      <dl className="losses">
        <dt>
          <Trans>Lost</Trans>
        </dt>
        <dd>
          <Trans>What is not yet on disk</Trans>
        </dd>
        <dt>
          <Trans>Kept</Trans>
        </dt>
        <dd>
          <Trans>The disk, which the rescue system does not touch by itself, and the addresses</Trans>
        </dd>
      </dl>
    </ChangeDialog>
  );
}
