import { FormGroup } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { Cluster } from '../../../contract/clusters.ts';
import type { AddAddresses, CreatePool, Pool } from '../../../contract/pools.ts';
import { Select } from '../components/select.tsx';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { TextField, wholeNumber } from './text-field.tsx';
import { useAdminChange, useRows } from './use-admin.ts';

interface RangeFieldsProps {
  first: string;
  count: string;
  onFirst: (value: string) => void;
  onCount: (value: string) => void;
}

function RangeFields({ first, count, onFirst, onCount }: RangeFieldsProps) {
  return (
    <div className="form-grid">
      <TextField label={t`First address`} placeholder="203.0.113.10" value={first} onChange={onFirst} />
      <TextField label={t`How many`} isNumber value={count} onChange={onCount} />
    </div>
  );
}

/** More addresses for a pool, counted up from a first one. */
export function AddAddressesDialog({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const [first, setFirst] = useState('');
  const [countText, setCount] = useState('');
  const count = wholeNumber(countText);
  const change = useAdminChange<AddAddresses>(
    { path: () => `/admin/pools/${pool.id}/addresses`, body: (input) => input },
    { onDone: onClose, isRefusalShown: true },
  );
  return (
    <ChangeDialog
      title={t`Add addresses to ${pool.name}`}
      keep={t`Cancel`}
      submit={t`Add addresses`}
      isReady={first.trim() !== '' && count !== null}
      change={change}
      onSubmit={() => count && change.mutate({ first: first.trim(), count })}
      onClose={onClose}
    >
      <p>{t`They have to lie in ${pool.network}.`}</p>
      <RangeFields first={first} count={countText} onFirst={setFirst} onCount={setCount} />
    </ChangeDialog>
  );
}

/** A new pool of addresses for a cluster. */
export function PoolDialog({ onClose }: { onClose: () => void }) {
  const clusters = useRows<Cluster>('/admin/clusters');
  const [chosen, setChosen] = useState('');
  const [name, setName] = useState('');
  const [network, setNetwork] = useState('');
  const [gateway, setGateway] = useState('');
  const [bridge, setBridge] = useState('vmbr0');
  const [vlanText, setVlan] = useState('');
  const [nameservers, setNameservers] = useState('');
  const [first, setFirst] = useState('');
  const [countText, setCount] = useState('');
  const clusterId = chosen || clusters.items[0]?.id;
  const [count, vlan] = [wholeNumber(countText), wholeNumber(vlanText)];
  const isComplete = [network, gateway, bridge, first].every((text) => text.trim() !== '');
  const body: CreatePool | null =
    clusterId && isComplete && count && (vlanText.trim() === '' || vlan)
      ? {
          clusterId,
          network: network.trim(),
          gateway: gateway.trim(),
          bridge: bridge.trim(),
          first: first.trim(),
          count,
          nameservers: nameservers.split(/[\s,]+/).filter(Boolean),
          ...(name.trim() ? { name: name.trim() } : {}),
          ...(vlan ? { vlan } : {}),
        }
      : null;
  const change = useAdminChange<CreatePool>(
    { path: () => '/admin/pools', body: (input) => input },
    { onDone: onClose, isRefusalShown: true },
  );
  return (
    <ChangeDialog
      title={t`Add a pool`}
      keep={t`Cancel`}
      submit={t`Add pool`}
      isReady={body !== null}
      change={change}
      onSubmit={() => body && change.mutate(body)}
      onClose={onClose}
    >
      <FormGroup label={t`Cluster`} labelFor="pool-cluster">
        <Select
          id="pool-cluster"
          value={clusterId ?? ''}
          options={clusters.items.map(({ id, name: label }) => ({ value: id, label }))}
          onChange={(event) => setChosen(event.currentTarget.value)}
        />
      </FormGroup>
      <div className="form-grid">
        <TextField label={t`Network`} placeholder="203.0.113.0/24" value={network} onChange={setNetwork} />
        <TextField label={t`Gateway`} placeholder="203.0.113.1" value={gateway} onChange={setGateway} />
        <TextField label={t`Bridge`} value={bridge} onChange={setBridge} />
        <TextField label={t`VLAN`} isNumber placeholder={t`none`} value={vlanText} onChange={setVlan} />
      </div>
      <TextField
        label={t`Name servers`}
        placeholder={t`those of the node`}
        value={nameservers}
        onChange={setNameservers}
      />
      <TextField label={t`Name`} placeholder={t`the network`} value={name} onChange={setName} />
      <RangeFields first={first} count={countText} onFirst={setFirst} onCount={setCount} />
    </ChangeDialog>
  );
}
