import { Button } from '@blueprintjs/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Operation } from '../../../contract/operations.ts';
import { cancelOperation } from '../api.ts';
import { useSubmit } from '../hooks/use-submit.ts';
import { applyOperation } from '../live-cache.ts';
import { showToast } from '../toaster.tsx';

/** Asks the operation to stop; what it has done is undone or brought to a safe end. */
export function CancelOperation({ operation }: { operation: Operation }) {
  const client = useQueryClient();
  const submit = useSubmit();
  const cancel = useMutation({
    mutationFn: () => submit({ cancel: operation.id }, (key) => cancelOperation(operation.id, key)),
    onSuccess: (answer) => applyOperation(client, answer),
    onError: (error) => showToast({ message: error.message, intent: 'danger' }),
  });
  return (
    <Button
      size="small"
      className="operation-cancel"
      text={operation.cancelRequested ? 'Cancelling' : 'Cancel'}
      disabled={operation.cancelRequested || !operation.cancel.possible}
      title={operation.cancel.effect}
      loading={cancel.isPending}
      onClick={() => cancel.mutate()}
    />
  );
}
