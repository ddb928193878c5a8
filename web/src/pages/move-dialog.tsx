import { Spinner } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { MigrateServer } from '../../../contract/server-changes.ts';
import type { Server } from '../../../contract/servers.ts';
import { listMigrationTargets, moveServer } from '../api.ts';
import { ErrorState } from '../components/error-state.tsx';
import { formatMemory } from '../format-size.ts';
import { useChange } from '../hooks/use-change.ts';
import { useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { ChoiceCards } from './choice-cards.tsx';
import { inLanguage } from '../contract-words.ts';

/** Moves a server to another node of its cluster. */
export function MoveDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const [node, setNode] = useState('');
  const targets = useQuery({
    queryKey: ['migration-targets', server.id],
    queryFn: async ({ signal }) => (await listMigrationTargets(server.id, signal)).items,
    staleTime: 0,
  });
  const move = useChange((body: MigrateServer, key) => moveServer(server.id, body, key), onClose);
  const fields = useFields({ node: node === '' ? t`Choose a node` : null }, move.error);
  return (
    <ChangeDialog
      title={t`Move ${server.name} to another node`}
      keep={t`Leave it where it is`}
      submit={t`Move server`}
      fields={fields}
      canSubmit={Boolean(targets.data?.length)}
      change={move}
      onSubmit={() => move.mutate({ node })}
      onClose={onClose}
    >
      <p>
        {server.node && <Trans>It is on {server.node} now.</Trans>}{' '}
        <Trans>
          A running server moves live; its disks are copied where the nodes do not share the storage. Whatever
          is in the way is named before anything is done.
        </Trans>
      </p>
      {targets.data && targets.data.length > 0 && (
        <ChoiceCards
          legend={t`Node`}
          name="node"
          chosen={node}
          error={fields.wrong.node}
          onChoose={setNode}
          choices={targets.data.map(({ node: id, freeMemoryMib, obstacle, obstacleSaid }) => ({
            id,
            title: id,
            details: <span>{t`${formatMemory(freeMemoryMib)} memory free`}</span>,
            refusal: obstacle && inLanguage(obstacle, obstacleSaid),
          }))}
        />
      )}
      {targets.data?.length === 0 && (
        <p>
          <Trans>Its cluster has no other node.</Trans>
        </p>
      )}
      {targets.isPending && <Spinner aria-label={t`Loading`} />}
      {targets.isError && (
        <ErrorState
          title={t`The nodes could not be read`}
          error={targets.error}
          onRetry={() => void targets.refetch()}
        />
      )}
    </ChangeDialog>
  );
}
