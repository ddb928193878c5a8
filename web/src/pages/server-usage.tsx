import { t } from '@lingui/core/macro';
import type { ReactNode } from 'react';
import type { Server } from '../../../contract/servers.ts';
import { Fact, Facts } from '../components/facts.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { formatBytes, formatMemory } from '../format-size.ts';
import { formatDuration } from '../format-time.ts';

/** What the VM was last seen to use and how long ago that was; nothing while it does not run. */
export function ServerUsage({ server }: { server: Server }) {
  const { observed } = server;
  if (!observed?.at || server.status !== 'running') return null;
  return (
    <Facts title={t`Usage`}>
      {observed.cpu !== null && <Fact name={t`Processors`}>{`${Math.round(observed.cpu * 100)} %`}</Fact>}
      {observed.memoryUsedMib !== null && (
        <Fact
          name={t`Memory`}
        >{t`${formatMemory(observed.memoryUsedMib)} of ${formatMemory(server.memoryMib)}`}</Fact>
      )}
      {traffic(
        t`Disk`,
        observed.diskReadBytes,
        observed.diskWrittenBytes,
        (read, written) => t`${read} read, ${written} written`,
      )}
      {traffic(
        t`Network`,
        observed.netInBytes,
        observed.netOutBytes,
        (received, sent) => t`${received} in, ${sent} out`,
      )}
      {observed.uptimeSeconds !== null && (
        <Fact name={t`Up for`}>{formatDuration(observed.uptimeSeconds * 1_000)}</Fact>
      )}
      <Fact name={t`Seen`}>
        <TimeAgo iso={observed.at} />
      </Fact>
    </Facts>
  );
}

/** Two counters since the VM was started. */
function traffic(
  name: string,
  one: number | null,
  other: number | null,
  tell: (one: string, other: string) => string,
): ReactNode {
  if (one === null || other === null) return null;
  return <Fact name={name}>{tell(formatBytes(one), formatBytes(other))}</Fact>;
}
