import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { Server } from '../../../contract/servers.ts';
import { unsuspendServer } from '../api.ts';
import { useChange } from '../hooks/use-change.ts';
import { ChangeDialog } from './change-dialog.tsx';

/** Gives a suspended server back to its owner. */
export function LiftSuspensionDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const lift = useChange((_: null, key) => unsuspendServer(server.id, key), onClose);
  return (
    <ChangeDialog
      title={t`Lift the suspension of ${server.name}?`}
      keep={t`Keep it suspended`}
      submit={t`Lift suspension`}
      change={lift}
      onSubmit={() => lift.mutate(null)}
      onClose={onClose}
    >
      <p>
        <Trans>Its owner can use it again. It is started if it ran before it was suspended.</Trans>
      </p>
    </ChangeDialog>
  );
}
