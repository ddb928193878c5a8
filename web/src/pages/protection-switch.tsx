import { Switch } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { useId } from 'react';
import type { Server } from '../../../contract/servers.ts';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { useForbidden } from '../hooks/use-forbidden.ts';
import { useUpdateServer } from '../hooks/use-update-server.ts';
import { ROLE_REFUSAL_ID } from './role-refusal.tsx';

const WORDS = {
  deleteProtection: {
    get label() {
      return t`Protect against deletion`;
    },
    get effect() {
      return t`While this is on nobody can delete the server, neither here nor through the API.`;
    },
  },
  rebuildProtection: {
    get label() {
      return t`Protect against rebuilding`;
    },
    get effect() {
      return t`While this is on nobody can rebuild the server, neither here nor through the API.`;
    },
  },
};

/** A switch that keeps a server from being deleted or rebuilt. It shows what holds, not what was just asked for. */
export function ProtectionSwitch({ server, field }: { server: Server; field: keyof typeof WORDS }) {
  const update = useUpdateServer(server);
  const isForbidden = useForbidden()(server, 'manage') !== null;
  const id = useId();
  const { label, effect } = WORDS[field];
  return (
    <div className="protection">
      <Switch
        role="switch"
        checked={server[field]}
        disabled={isForbidden || server.status === 'deleting'}
        aria-busy={update.isPending}
        aria-describedby={isForbidden ? `${ROLE_REFUSAL_ID} ${id}` : id}
        onChange={() => update.isPending || update.mutate({ [field]: !server[field] })}
      >
        {label}
      </Switch>
      <p id={id} className="muted">
        {effect}
      </p>
      {update.error && (
        <ProblemCallout
          error={update.error}
          retryHint={t`It is not known whether this was changed. Trying again is safe.`}
        />
      )}
    </div>
  );
}
