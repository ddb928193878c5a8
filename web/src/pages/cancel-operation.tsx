import { Button } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import type { Operation } from '../../../contract/operations.ts';
import { useCancelOperation } from '../hooks/use-cancel-operation.ts';
import { useForbidden } from '../hooks/use-forbidden.ts';
import { useIsAdmin } from '../hooks/use-is-admin.ts';

/** Asks the operation to stop; what it has done is undone or brought to a safe end. Nothing for those who may not. */
export function CancelOperation({ operation }: { operation: Operation }) {
  const cancel = useCancelOperation(operation.id);
  const isAdmin = useIsAdmin();
  const forbidden = useForbidden()({ id: operation.serverId, accountId: operation.accountId }, 'operate');
  if (operation.cancel.by === 'admin' && !isAdmin) return null;
  return (
    <Button
      size="small"
      className="operation-cancel"
      text={operation.cancelRequested ? t`Cancelling` : t`Cancel`}
      disabled={forbidden !== null || operation.cancelRequested || !operation.cancel.possible}
      title={forbidden ?? operation.cancel.effect}
      loading={cancel.isPending}
      onClick={() => cancel.mutate()}
    />
  );
}
