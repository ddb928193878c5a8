import { FormGroup } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { Cluster } from '../../../contract/clusters.ts';
import type { AddAddresses, CreatePool, Pool } from '../../../contract/pools.ts';
import { Select } from '../components/select.tsx';
import { ifEmpty, numberMistake, TextField, wholeNumber } from '../components/text-field.tsx';
import { type Fields, useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { useAdminChange, useRows } from './use-admin.ts';

interface RangeFieldsProps {
  autoFocus?: boolean;
  first: string;
  count: string;
  wrong: Fields<'first' | 'count'>['wrong'];
  onFirst: (value: string) => void;
  onCount: (value: string) => void;
}

const rangeMistakes = (first: string, count: string) => ({
  first: ifEmpty(first, t`Enter an address such as 203.0.113.10`),
  count: numberMistake(count),
});

function RangeFields({ autoFocus = false, first, count, wrong, onFirst, onCount }: RangeFieldsProps) {
  return (
    <div className="form-grid">
      <TextField
        label={t`First address`}
        autoFocus={autoFocus}
        placeholder="203.0.113.10"
        wrong={wrong.first}
        value={first}
        onChange={onFirst}
      />
      <TextField label={t`How many`} isNumber wrong={wrong.count} value={count} onChange={onCount} />
    </div>
  );
}

/** More addresses for a pool, counted up from a first one. */
export function AddAddressesDialog({ pool, onClose }: { pool: Pool; onClose: () => void }) {
  const [first, setFirst] = useState('');
  const [count, setCount] = useState('');
  const change = useAdminChange<AddAddresses>(
    { path: () => `/admin/pools/${pool.id}/addresses`, body: (input) => input },
    { onDone: onClose, isRefusalShown: true },
  );
  const fields = useFields(rangeMistakes(first, count), change.error);
  return (
    <ChangeDialog
      title={t`Add addresses to ${pool.name}`}
      keep={t`Cancel`}
      submit={t`Add addresses`}
      fields={fields}
      change={change}
      onSubmit={() => change.mutate({ first: first.trim(), count: Number(count) })}
      onClose={onClose}
    >
      <p>{t`They have to lie in ${pool.network}.`}</p>
      <RangeFields
        autoFocus
        first={first}
        count={count}
        wrong={fields.wrong}
        onFirst={setFirst}
        onCount={setCount}
      />
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
  const [vlan, setVlan] = useState('');
  const [nameservers, setNameservers] = useState('');
  const [first, setFirst] = useState('');
  const [count, setCount] = useState('');
  const clusterId = chosen || clusters.items[0]?.id || '';
  const change = useAdminChange<CreatePool>(
    { path: () => '/admin/pools', body: (input) => input },
    { onDone: onClose, isRefusalShown: true },
  );
  const fields = useFields(
    {
      clusterId: ifEmpty(clusterId, t`Add a cluster first`),
      network: ifEmpty(network, t`Enter a network such as 203.0.113.0/24`),
      gateway: ifEmpty(gateway, t`Enter an address such as 203.0.113.1`),
      bridge: ifEmpty(bridge, t`Enter a bridge such as vmbr0`),
      vlan: numberMistake(vlan, true),
      nameservers: null,
      name: null,
      ...rangeMistakes(first, count),
    },
    change.error,
  );
  const { wrong } = fields;
  const tag = wholeNumber(vlan);
  const submit = () =>
    change.mutate({
      clusterId,
      network: network.trim(),
      gateway: gateway.trim(),
      bridge: bridge.trim(),
      first: first.trim(),
      count: Number(count),
      nameservers: nameservers.split(/[\s,]+/).filter(Boolean),
      ...(name.trim() ? { name: name.trim() } : {}),
      ...(tag ? { vlan: tag } : {}),
    });
  return (
    <ChangeDialog
      title={t`Add a pool`}
      keep={t`Cancel`}
      submit={t`Add pool`}
      fields={fields}
      change={change}
      onSubmit={submit}
      onClose={onClose}
    >
      <FormGroup
        label={t`Cluster`}
        labelFor="pool-cluster"
        intent={wrong.clusterId ? 'danger' : 'none'}
        helperText={wrong.clusterId && <span id="pool-cluster-help">{wrong.clusterId}</span>}
      >
        <Select
          id="pool-cluster"
          value={clusterId}
          aria-invalid={wrong.clusterId !== null}
          aria-describedby={wrong.clusterId ? 'pool-cluster-help' : undefined}
          options={clusters.items.map(({ id, name: label }) => ({ value: id, label }))}
          onChange={(event) => setChosen(event.currentTarget.value)}
        />
      </FormGroup>
      <div className="form-grid">
        <TextField
          label={t`Network`}
          placeholder="203.0.113.0/24"
          wrong={wrong.network}
          value={network}
          onChange={setNetwork}
        />
        <TextField
          label={t`Gateway`}
          placeholder="203.0.113.1"
          wrong={wrong.gateway}
          value={gateway}
          onChange={setGateway}
        />
        <TextField label={t`Bridge`} wrong={wrong.bridge} value={bridge} onChange={setBridge} />
        <TextField
          label={t`VLAN`}
          isNumber
          placeholder={t`none`}
          wrong={wrong.vlan}
          value={vlan}
          onChange={setVlan}
        />
      </div>
      <TextField
        label={t`Name servers`}
        placeholder={t`those of the node`}
        wrong={wrong.nameservers}
        value={nameservers}
        onChange={setNameservers}
      />
      <TextField
        label={t`Name`}
        placeholder={t`the network`}
        wrong={wrong.name}
        value={name}
        onChange={setName}
      />
      <RangeFields first={first} count={count} wrong={fields.wrong} onFirst={setFirst} onCount={setCount} />
    </ChangeDialog>
  );
}
