import type { Server } from '../../../contract/servers.ts';
import { CopyButton } from '../components/copy-button.tsx';

/** The first address, ready to copy, and how many more there are. */
export function AddressCell({ server }: { server: Server }) {
  const [first, ...others] = server.ipAddresses;
  if (!first) return <span className="muted">–</span>;
  return (
    <span className="address">
      <span className="numeric address-text">{first.address}</span>
      <CopyButton text={first.address} label={`address of ${server.name}`} />
      {others.map((other) => (
        <span key={other.address} className="second-line numeric address-other" title={other.address}>
          {other.address}
        </span>
      ))}
    </span>
  );
}
