import { Switch } from '@blueprintjs/core';
import type { Server } from '../../../contract/servers.ts';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { useUpdateServer } from '../hooks/use-update-server.ts';

/** The switch that keeps a server from being deleted. It shows what holds, not what was just asked for. */
export function DeleteProtection({ server }: { server: Server }) {
  const update = useUpdateServer(server);
  return (
    <div className="delete-protection">
      <Switch
        role="switch"
        checked={server.deleteProtection}
        disabled={update.isPending || server.status === 'deleting'}
        aria-describedby="protection-text"
        onChange={(event) => update.mutate({ deleteProtection: event.currentTarget.checked })}
      >
        Protect against deletion
      </Switch>
      <p id="protection-text" className="muted">
        While this is on nobody can delete the server, neither here nor through the API.
      </p>
      {update.error && (
        <ProblemCallout
          error={update.error}
          retryHint="It is not known whether this was changed. Trying again is safe."
        />
      )}
    </div>
  );
}
