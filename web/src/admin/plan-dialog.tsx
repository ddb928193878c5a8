import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { CreatePlan, ManagedPlan } from '../../../contract/catalog.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { TextField, wholeNumber } from './text-field.tsx';
import { useAdminChange } from './use-admin.ts';

const text = (value: number | null | undefined): string => (value == null ? '' : String(value));

/** Adds a plan, or changes the size of one. */
export function PlanDialog({ plan, onClose }: { plan: ManagedPlan | null; onClose: () => void }) {
  const [name, setName] = useState(plan?.name ?? '');
  const [vcpu, setVcpu] = useState(text(plan?.vcpu));
  const [memory, setMemory] = useState(text(plan?.memoryMib));
  const [disk, setDisk] = useState(text(plan?.diskGib));
  const [traffic, setTraffic] = useState(text(plan?.trafficGib));
  const [network, setNetwork] = useState(text(plan?.networkMbps));
  const [cpus, memoryMib, diskGib] = [wholeNumber(vcpu), wholeNumber(memory), wholeNumber(disk)];
  const [trafficGib, networkMbps] = [wholeNumber(traffic), wholeNumber(network)];
  const body: CreatePlan | null =
    name.trim() &&
    cpus &&
    memoryMib &&
    diskGib &&
    (traffic.trim() === '' || trafficGib) &&
    (network.trim() === '' || networkMbps)
      ? { name: name.trim(), vcpu: cpus, memoryMib, diskGib, trafficGib, networkMbps }
      : null;
  const change = useAdminChange<CreatePlan>(
    {
      path: () => (plan ? `/admin/plans/${plan.id}` : '/admin/plans'),
      method: plan ? 'PATCH' : 'POST',
      body: (input) => input,
    },
    { onDone: onClose, isRefusalShown: true },
  );
  return (
    <ChangeDialog
      title={plan ? t`Edit ${plan.name}` : t`Add a plan`}
      keep={t`Cancel`}
      submit={plan ? t`Save plan` : t`Add plan`}
      isReady={body !== null}
      change={change}
      onSubmit={() => body && change.mutate(body)}
      onClose={onClose}
    >
      <TextField label={t`Name`} value={name} onChange={setName} autoFocus />
      <div className="form-grid">
        <TextField label={t`Processors`} isNumber value={vcpu} onChange={setVcpu} />
        <TextField label={t`Memory (MiB)`} isNumber value={memory} onChange={setMemory} />
        <TextField label={t`Disk (GiB)`} isNumber value={disk} onChange={setDisk} />
        <TextField
          label={t`Traffic a month (GiB)`}
          isNumber
          placeholder={t`unmetered`}
          value={traffic}
          onChange={setTraffic}
        />
        <TextField
          label={t`Network (Mbit/s)`}
          isNumber
          placeholder={t`unlimited`}
          value={network}
          onChange={setNetwork}
        />
      </div>
    </ChangeDialog>
  );
}
