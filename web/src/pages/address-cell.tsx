import { t } from '@lingui/core/macro';
import type { Server } from '../../../contract/servers.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { otherAddresses } from '../server-words.ts';

/** The first address, ready to copy, and the second or how many more there are. */
export function AddressCell({ server }: { server: Server }) {
  const [first, ...others] = server.ipAddresses;
  if (!first) return <span className="muted">–</span>;
  return (
    <span className="address">
      <span className="address-first">
        <span className="numeric address-text">{first.address}</span>
        <CopyButton text={first.address} label={t`address of ${server.name}`} />
      </span>
      {others.length > 0 && (
        <span
          className="second-line numeric address-other"
          title={others.map(({ address }) => address).join('\n')}
        >
          {otherAddresses(server)}
        </span>
      )}
    </span>
  );
}
