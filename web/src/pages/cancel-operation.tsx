import { Button } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import type { Operation } from '../../../contract/operations.ts';
import { effectOf } from '../contract-words.ts';
import { useCancelOperation } from '../hooks/use-cancel-operation.ts';
import { useForbidden } from '../hooks/use-forbidden.ts';
import { useIsAdmin } from '../hooks/use-is-admin.ts';

/** Why somebody may not cancel the operation; undefined for those to whom that is not offered at all. */
function useRefusal({ cancel, serverId, accountId }: Operation): string | null | undefined {
  const isAdmin = useIsAdmin();
  const forbidden = useForbidden()({ id: serverId, accountId }, 'operate');
  return cancel.by === 'admin' && !isAdmin ? undefined : forbidden;
}

/** Asks the operation to stop; what it has done is undone or brought to a safe end. Nothing for those who may not. */
export function CancelOperation({ operation }: { operation: Operation }) {
  const cancel = useCancelOperation(operation.id);
  const refusal = useRefusal(operation);
  if (refusal === undefined) return null;
  return (
    <Button
      size="small"
      className="operation-cancel"
      text={operation.cancelRequested ? t`Cancelling` : t`Cancel`}
      disabled={refusal !== null || operation.cancelRequested || !operation.cancel.possible}
      title={refusal ?? effectOf(operation.cancel.effect)}
      loading={cancel.isPending}
      onClick={() => cancel.mutate()}
    />
  );
}

/** What that would do, or why it cannot be done any more, also for those who cannot hover. */
export function CancelEffect({ operation }: { operation: Operation }) {
  const refusal = useRefusal(operation);
  if (refusal !== null || operation.cancelRequested) return null;
  const effect = effectOf(operation.cancel.effect);
  return (
    <p className="muted callout-small">
      {operation.cancel.possible ? t`If you cancel: ${effect}` : t`Cannot be cancelled any more: ${effect}`}
    </p>
  );
}
