import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Link } from 'react-router';
import type { Server, ServerAddress } from '../../../contract/servers.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { Fact, Facts } from '../components/facts.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { formatDisk, formatMemory } from '../format-size.ts';
import { useIsAdmin } from '../hooks/use-is-admin.ts';
import { useUser } from '../hooks/use-user.ts';
import { ServerPrice } from './server-price.tsx';
import { ServerUsage } from './server-usage.tsx';

/** What the server is made of and how to reach it. */
export function ServerOverview({ server }: { server: Server }) {
  const [first] = server.ipAddresses;
  const others = otherAddresses(server);
  const lock = useIsAdmin() && server.observed?.lock;
  const command = first && server.defaultUser ? `ssh ${server.defaultUser}@${first.address}` : null;
  return (
    <div className="overview">
      <Facts title={t`Size`}>
        <Fact name={t`Plan`}>{server.plan.name}</Fact>
        <Fact name={t`Processors`}>
          <Trans>{server.vcpu} vCPU</Trans>
        </Fact>
        <Fact name={t`Memory`}>{formatMemory(server.memoryMib)}</Fact>
        <Fact name={t`Disk`}>{formatDisk(server.diskGib)}</Fact>
      </Facts>
      <Facts title={t`System`}>
        <Fact name={server.template.id ? t`Template` : t`Operating system`}>{server.template.name}</Fact>
        {server.hostname && <Fact name={t`Host name`}>{server.hostname}</Fact>}
        {server.defaultUser && (
          <Fact name={t`Default user`}>
            <code>{server.defaultUser}</code>
          </Fact>
        )}
        {command && (
          <Fact name={t`Log in with`}>
            <span className="copyable">
              <code>{command}</code>
              <CopyButton text={command} label={t`login command`} />
            </span>
          </Fact>
        )}
      </Facts>
      <Facts title={t`Network`}>
        {server.ipAddresses.length === 0 && (
          <Fact name={t`Addresses`}>
            <Trans>none</Trans>
          </Fact>
        )}
        {server.ipAddresses.map((entry) => (
          <Fact key={entry.address} name={`IPv${entry.family}`}>
            <span className="numeric">{addressText(entry)}</span>
            {entry.gateway && <span className="second-line numeric">{t`gateway ${entry.gateway}`}</span>}
          </Fact>
        ))}
        {others.length > 0 && <Fact name={t`Also has`}>{others.join(', ')}</Fact>}
      </Facts>
      <ServerUsage server={server} />
      <Facts title={t`Record`}>
        <Account server={server} />
        <Fact name={t`Location`}>{server.location ?? '–'}</Fact>
        <Fact name={t`Node`}>{server.node ?? '–'}</Fact>
        {lock && <Fact name={t`Locked by`}>{lock}</Fact>}
        {server.plan.id === null && <ServerPrice server={server} />}
        <Fact name={t`Created`}>
          <TimeAgo iso={server.createdAt} />
        </Fact>
        <Fact name={t`Id`}>
          <span className="copyable">
            <code className="id">{server.id}</code>
            <CopyButton text={server.id} label={t`server id`} />
          </span>
        </Fact>
      </Facts>
    </div>
  );
}

/** Whose it is, for those who see the servers of several. */
function Account({ server: { accountId, accountName } }: { server: Server }) {
  const isAdmin = useIsAdmin();
  const accounts = useUser()?.accounts ?? [];
  if (!isAdmin && accounts.length === 1 && accounts[0]?.id === accountId) return null;
  return (
    <Fact name={t`Account`}>
      {isAdmin ? (
        <Link className="sensitive" to={`/admin/servers?q=account:${accountId}`}>
          {accountName}
        </Link>
      ) : (
        <span className="sensitive">{accountName}</span>
      )}
    </Fact>
  );
}

/** What a running guest has, by its agent, beyond the addresses that were given to it. */
function otherAddresses({ status, ipAddresses, observed }: Server): string[] {
  if (status !== 'running') return [];
  const given = new Set(ipAddresses.map(({ address }) => address));
  return (observed?.agentAddresses ?? []).filter((address) => !given.has(address));
}

/** Of an address in no pool the network may be unknown, and then the prefix says nothing. */
function addressText({ address, prefix, family }: ServerAddress): string {
  return prefix === (family === 4 ? 32 : 128) ? address : `${address}/${prefix}`;
}
