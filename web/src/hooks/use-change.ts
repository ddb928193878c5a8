import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Accepted } from '../../../contract/servers.ts';
import { applyAccepted } from '../live-cache.ts';
import { tellEnd } from '../tell-end.ts';
import { useSubmit } from './use-submit.ts';

/** Requests an operation; once it is accepted it is shown at once, and `onAccepted` is called. Its end is told. */
export function useChange<T>(send: (input: T, key: string) => Promise<Accepted>, onAccepted?: () => void) {
  const client = useQueryClient();
  const submit = useSubmit();
  return useMutation({
    mutationFn: (input: T) => submit({ input }, (key) => send(input, key)),
    onSuccess: (accepted) => {
      applyAccepted(client, accepted);
      tellEnd(client, accepted.operation);
      onAccepted?.();
    },
  });
}
