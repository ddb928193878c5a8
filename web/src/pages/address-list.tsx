import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { Server } from '../../../contract/servers.ts';
import { CopyButton } from '../components/copy-button.tsx';

/** Every address, each ready to copy. */
export function AddressList({ server }: { server: Server }) {
  if (server.ipAddresses.length === 0)
    return (
      <p className="muted address-list">
        <Trans>No address</Trans>
      </p>
    );
  return (
    <ul className="address-list" aria-label={t`Addresses`}>
      {server.ipAddresses.map(({ address, family }) => (
        <li key={address}>
          <span className="address-family">
            <Trans>IPv{family}</Trans>
          </span>
          <span className="numeric address-text">{address}</span>
          <CopyButton text={address} label={t`IPv${family} address`} />
        </li>
      ))}
    </ul>
  );
}
