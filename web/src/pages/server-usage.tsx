import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import type { OperationType } from '../../../contract/operation-table.ts';
import type { Operation } from '../../../contract/operations.ts';
import type { Server } from '../../../contract/servers.ts';
import { Fact, Facts } from '../components/facts.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { formatBytes, formatMemory } from '../format-size.ts';
import { operationName } from '../contract-words.ts';
import { formatDuration } from '../format-time.ts';
import { useOperations } from '../hooks/use-operations.ts';
import { isLiveOperation } from '../live-cache.ts';

/** Operations after which what was measured before says nothing any more. */
const STARTS_ANEW = new Set<OperationType>([
  'provision',
  'start',
  'reboot',
  'reset',
  'rebuild',
  'rescue',
  'leave_rescue',
  'unsuspend',
]);

/** What the VM was last seen to use and how long ago that was; nothing while it does not run. */
export function ServerUsage({ server }: { server: Server }) {
  const { observed } = server;
  const overtaking = useOvertaking(server);
  if (!observed?.at || server.status !== 'running') return null;
  if (overtaking) {
    const { type, finishedAt } = overtaking;
    return (
      <Facts title={t`Usage`}>
        <Fact name={t`Up for`}>
          <Trans>not measured yet</Trans>
        </Fact>
        <Fact name={operationName(type)}>
          {finishedAt ? <TimeAgo iso={finishedAt} /> : <Trans>under way</Trans>}
        </Fact>
      </Facts>
    );
  }
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

/** The operation that has (or may have) started the server anew since it was last measured. */
function useOvertaking({ id, observed }: Server): Operation | null {
  const latest = useOperations(id).data?.pages[0]?.items.find(({ type }) => STARTS_ANEW.has(type));
  if (!latest || !observed?.at) return null;
  const hasOvertaken = latest.finishedAt
    ? Date.parse(latest.finishedAt) > Date.parse(observed.at)
    : latest.status !== 'pending' && isLiveOperation(latest);
  return hasOvertaken ? latest : null;
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
