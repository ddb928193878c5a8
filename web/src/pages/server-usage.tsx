import type { ReactNode } from 'react';
import type { Server, ServerObservation } from '../../../contract/servers.ts';
import { Fact, Facts } from '../components/facts.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { formatBytes, formatMemory } from '../format-size.ts';
import { formatDuration } from '../format-time.ts';
import { useStore } from '../hooks/use-store.ts';
import { sessionStore } from '../session.ts';

/** What the VM was last seen to use and how long ago that was; nothing while it does not run. */
export function ServerUsage({ server }: { server: Server }) {
  const isOperator = useIsOperator();
  const { observed } = server;
  if (!observed) return null;
  const lock = isOperator && observed.lock ? <Fact name="Lock">{observed.lock}</Fact> : null;
  if (server.status !== 'running' || !observed.at) return lock && <Facts title="Usage">{lock}</Facts>;
  return (
    <Facts title="Usage">
      {observed.cpu !== null && <Fact name="Processors">{`${Math.round(observed.cpu * 100)} %`}</Fact>}
      {observed.memoryUsedMib !== null && (
        <Fact name="Memory">{`${formatMemory(observed.memoryUsedMib)} of ${formatMemory(server.memoryMib)}`}</Fact>
      )}
      {traffic('Disk', observed.diskReadBytes, 'read', observed.diskWrittenBytes, 'written')}
      {traffic('Network', observed.netInBytes, 'in', observed.netOutBytes, 'out')}
      {observed.uptimeSeconds !== null && (
        <Fact name="Up for">{formatDuration(observed.uptimeSeconds * 1_000)}</Fact>
      )}
      {otherAddresses(server, observed)}
      {lock}
      <Fact name="Seen">
        <TimeAgo iso={observed.at} />
      </Fact>
    </Facts>
  );
}

function useIsOperator(): boolean {
  const session = useStore(sessionStore);
  return 'user' in session && session.user.role === 'admin';
}

/** Two counters since the VM was started. */
function traffic(
  name: string,
  one: number | null,
  how: string,
  other: number | null,
  otherHow: string,
): ReactNode {
  if (one === null || other === null) return null;
  return <Fact name={name}>{`${formatBytes(one)} ${how}, ${formatBytes(other)} ${otherHow}`}</Fact>;
}

/** What the guest has beyond the addresses that were given to it. */
function otherAddresses({ ipAddresses }: Server, { agentAddresses }: ServerObservation): ReactNode {
  const given = new Set(ipAddresses.map(({ address }) => address));
  const others = (agentAddresses ?? []).filter((address) => !given.has(address));
  return others.length > 0 && <Fact name="Also has">{others.join(', ')}</Fact>;
}
