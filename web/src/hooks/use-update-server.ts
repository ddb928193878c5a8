import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Server, UpdateServer } from '../../../contract/servers.ts';
import { updateServer } from '../api.ts';
import { applyServer, withNews } from '../live-cache.ts';
import { useSubmit } from './use-submit.ts';

/** Changes what Berth holds of a server; the answer is shown at once, unless an event that came meanwhile knows more. */
export function useUpdateServer({ id }: Server, onDone?: () => void) {
  const client = useQueryClient();
  const submit = useSubmit();
  return useMutation({
    mutationFn: (body: UpdateServer) =>
      submit({ id, ...body }, (key) =>
        withNews(
          () => updateServer(id, body, key),
          (answer) => [answer],
          (answer, [newest = answer]) => newest,
        ),
      ),
    onSuccess: (updated) => {
      applyServer(client, updated);
      onDone?.();
    },
  });
}
