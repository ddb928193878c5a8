import { Button } from '@blueprintjs/core';
import { Trash } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import { noReturnAt } from '../../../contract/operation-table.ts';
import type { Server } from '../../../contract/servers.ts';
import { formatHours } from '../format-time.ts';
import { useDeleteGraceHours } from '../hooks/use-catalog.ts';
import { useForbidden } from '../hooks/use-forbidden.ts';
import { useMayCancel } from '../hooks/use-is-admin.ts';
import { operationName } from '../contract-words.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { ProtectionSwitch } from './protection-switch.tsx';
import { ROLE_REFUSAL_ID } from './role-refusal.tsx';

/** Why the server cannot be deleted now; null when it can. */
function useObstacle(server: Server): string | null {
  const { operation, deleteProtection } = server;
  const mayCancel = useMayCancel(operation?.type ?? '');
  if (deleteProtection) return t`This server is protected against deletion. Switch the protection off first.`;
  if (!operation) return null;
  const canCancel =
    mayCancel && !operation.cancelRequested && noReturnAt(operation.type, operation.step) === null;
  const name = operationName(operation.type);
  return canCancel
    ? t`“${name}” is under way; wait for it or cancel it first.`
    : t`“${name}” is under way; wait for it.`;
}

/** Of a server that was not built there is nothing to give back. */
function useGraceHours({ status }: Server): number | undefined {
  const graceHours = useDeleteGraceHours();
  return status === 'failed' || status === 'cancelled' ? 0 : graceHours;
}

function reprieve(graceHours: number | undefined): string {
  if (graceHours === undefined) return '';
  if (graceHours === 0) return t`This cannot be undone.`;
  return t`This begins ${formatHours(graceHours)} later; until then the server is off and can be kept.`;
}

/** The way to get rid of a server, apart from everything harmless. */
export function DeleteServer({ server }: { server: Server }) {
  const [isAsked, setIsAsked] = useState(false);
  const reason = useObstacle(server);
  const isForbidden = useForbidden()(server, 'manage') !== null;
  const graceHours = useGraceHours(server);
  const { status, deleteProtection } = server;
  const isCancelled = status === 'cancelled';
  const isOver = isCancelled || status === 'failed';
  const effect = isCancelled
    ? t`Its order was cancelled: nothing of it exists, so nothing is lost.`
    : isOver
      ? t`Takes it off the list and erases what may be left of it. This cannot be undone.`
      : t`Erases the VM with its disks and releases its addresses. ${reprieve(graceHours)}`;
  return (
    <section className="panel danger-zone" aria-labelledby="danger-title">
      <div>
        <h2 id="danger-title">{isCancelled ? t`Remove from the list` : t`Delete this server`}</h2>
        <p id="danger-text" className="muted">
          {reason ?? effect}
        </p>
      </div>
      <Button
        intent="danger"
        variant="outlined"
        icon={<Trash />}
        text={isCancelled ? t`Remove` : t`Delete server`}
        disabled={isForbidden || reason !== null}
        aria-describedby={isForbidden ? `${ROLE_REFUSAL_ID} danger-text` : 'danger-text'}
        onClick={() => setIsAsked(true)}
      />
      {(deleteProtection || !isOver) && <ProtectionSwitch server={server} field="deleteProtection" />}
      {isAsked && <DeleteDialog server={server} graceHours={graceHours} onClose={() => setIsAsked(false)} />}
    </section>
  );
}
