import { t } from '@lingui/core/macro';
import type { ServerStatus } from '../../../contract/servers.ts';
import { formatExact } from '../format-time.ts';
import { STATUS_WORDS } from '../server-words.ts';

/** A server's status by shape, colour and word. `unknown` says since when nothing was heard. */
export function StatusLabel({ status, observedAt }: { status: ServerStatus; observedAt: string | null }) {
  return (
    <span className={`status status-${status}`} title={explain(status, observedAt)}>
      <span className="status-mark" aria-hidden="true" />
      {STATUS_WORDS[status] ?? status}
    </span>
  );
}

function explain(status: ServerStatus, observedAt: string | null): string | undefined {
  if (!observedAt) return status === 'unknown' ? t`Proxmox VE has not been asked yet` : undefined;
  if (status === 'unknown') return t`Proxmox VE was last heard ${formatExact(observedAt)}`;
  return t`Seen ${formatExact(observedAt)}`;
}
