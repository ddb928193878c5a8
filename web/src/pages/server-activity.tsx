import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useOperations } from '../hooks/use-operations.ts';
import { OperationList } from './operation-list.tsx';

/** Everything that was done to the server, newest first. */
export function ServerActivity({ serverId }: { serverId: string }) {
  return (
    <OperationList
      operations={useOperations(serverId)}
      failed={t`The activity could not be read`}
      empty={
        <p className="muted">
          <Trans>Nothing has been done to this server yet.</Trans>
        </p>
      }
    />
  );
}
