import { useMutation, useQueryClient } from '@tanstack/react-query';
import { cancelOperation } from '../api.ts';
import { applyOperation } from '../live-cache.ts';
import { showToast } from '../toaster.ts';
import { useSubmit } from './use-submit.ts';

/** Asks an operation to stop; what it has done is undone or brought to a safe end. A refusal is shown as a toast. */
export function useCancelOperation(id: string) {
  const client = useQueryClient();
  const submit = useSubmit();
  return useMutation({
    mutationFn: () => submit({ cancel: id }, (key) => cancelOperation(id, key)),
    onSuccess: (answer) => applyOperation(client, answer),
    onError: (error) => showToast({ message: error.message, intent: 'danger' }),
  });
}
