import { t } from '@lingui/core/macro';
import type { Server } from '../../../contract/servers.ts';
import { useForbidden } from '../hooks/use-forbidden.ts';

/** What is switched off by one's role is described by this. */
export const ROLE_REFUSAL_ID = 'role-refusal';

/** Says once on a server's page what the role of the one who looks does not allow. */
export function RoleRefusal({ server }: { server: Server }) {
  const forbidden = useForbidden();
  if (forbidden(server, 'manage') === null) return null;
  return (
    <p id={ROLE_REFUSAL_ID} className="muted">
      {forbidden(server, 'operate') ??
        t`Your role does not allow changing the plan, rebuilding, protecting or deleting. Ask an owner of the account for a role that does.`}
    </p>
  );
}
