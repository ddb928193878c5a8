import type { Server } from '../../../contract/servers.ts';
import { CopyButton } from '../components/copy-button.tsx';

/** Every address, each ready to copy. */
export function AddressList({ server }: { server: Server }) {
  if (server.ipAddresses.length === 0) return <p className="muted address-list">No address</p>;
  return (
    <ul className="address-list" aria-label="Addresses">
      {server.ipAddresses.map(({ address, family }) => (
        <li key={address}>
          <span className="address-family">IPv{family}</span>
          <span className="numeric address-text">{address}</span>
          <CopyButton text={address} label={`IPv${family} address`} />
        </li>
      ))}
    </ul>
  );
}
