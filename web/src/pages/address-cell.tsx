import { t } from '@lingui/core/macro';
import type { Server } from '../../../contract/servers.ts';
import { CopyButton } from '../components/copy-button.tsx';

/** The first address, ready to copy, and the second or how many more there are. */
export function AddressCell({ server }: { server: Server }) {
  const [first, ...others] = server.ipAddresses;
  if (!first) return <span className="muted">–</span>;
  const [second] = others;
  return (
    <>
      <span className="address-first">
        <span className="numeric address-text">{first.address}</span>
        <CopyButton text={first.address} label={t`address of ${server.name}`} />
      </span>
      {second && (
        <span
          className="second-line numeric address-other"
          title={others.map(({ address }) => address).join('\n')}
        >
          {others.length === 1 ? second.address : t`and ${others.length} more`}
        </span>
      )}
    </>
  );
}
