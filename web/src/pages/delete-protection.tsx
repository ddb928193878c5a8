import { Switch } from '@blueprintjs/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Server } from '../../../contract/servers.ts';
import { updateServer } from '../api.ts';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { useSubmit } from '../hooks/use-submit.ts';
import { applyServer, withNews } from '../live-cache.ts';

function useProtect(server: Server) {
  const client = useQueryClient();
  const submit = useSubmit();
  return useMutation({
    mutationFn: (deleteProtection: boolean) =>
      submit({ id: server.id, deleteProtection }, (key) =>
        withNews(
          () => updateServer(server.id, { deleteProtection }, key),
          (answer) => [answer],
          (answer, [newest = answer]) => newest,
        ),
      ),
    onSuccess: (updated) => applyServer(client, updated),
  });
}

/** The switch that keeps a server from being deleted. It shows what holds, not what was just asked for. */
export function DeleteProtection({ server }: { server: Server }) {
  const protect = useProtect(server);
  return (
    <div className="delete-protection">
      <Switch
        role="switch"
        checked={server.deleteProtection}
        disabled={protect.isPending || server.status === 'deleting'}
        aria-describedby="protection-text"
        onChange={(event) => protect.mutate(event.currentTarget.checked)}
      >
        Protect against deletion
      </Switch>
      <p id="protection-text" className="muted">
        While this is on nobody can delete the server, neither here nor through the API.
      </p>
      {protect.error && (
        <ProblemCallout
          error={protect.error}
          retryHint="It is not known whether this was changed. Trying again is safe."
        />
      )}
    </div>
  );
}
