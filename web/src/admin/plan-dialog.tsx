import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { CreatePlan, ManagedPlan } from '../../../contract/catalog.ts';
import { ifEmpty, numberMistake, TextField, wholeNumber } from '../components/text-field.tsx';
import { useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
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
  const change = useAdminChange<CreatePlan>(
    {
      path: () => (plan ? `/admin/plans/${plan.id}` : '/admin/plans'),
      method: plan ? 'PATCH' : 'POST',
      body: (input) => input,
    },
    { onDone: onClose, isRefusalShown: true },
  );
  const fields = useFields(
    {
      name: ifEmpty(name, t`Enter a name`),
      vcpu: numberMistake(vcpu),
      memoryMib: numberMistake(memory),
      diskGib: numberMistake(disk),
      trafficGib: numberMistake(traffic, true),
      networkMbps: numberMistake(network, true),
    },
    change.error,
  );
  const { wrong } = fields;
  return (
    <ChangeDialog
      title={plan ? t`Edit ${plan.name}` : t`Add a plan`}
      keep={t`Cancel`}
      submit={plan ? t`Save plan` : t`Add plan`}
      fields={fields}
      change={change}
      onSubmit={() =>
        change.mutate({
          name: name.trim(),
          vcpu: Number(vcpu),
          memoryMib: Number(memory),
          diskGib: Number(disk),
          trafficGib: wholeNumber(traffic),
          networkMbps: wholeNumber(network),
        })
      }
      onClose={onClose}
    >
      <TextField label={t`Name`} wrong={wrong.name} value={name} onChange={setName} autoFocus />
      <div className="form-grid">
        <TextField label={t`Processors`} isNumber wrong={wrong.vcpu} value={vcpu} onChange={setVcpu} />
        <TextField
          label={t`Memory (MiB)`}
          isNumber
          wrong={wrong.memoryMib}
          value={memory}
          onChange={setMemory}
        />
        <TextField label={t`Disk (GiB)`} isNumber wrong={wrong.diskGib} value={disk} onChange={setDisk} />
        <TextField
          label={t`Traffic a month (GiB)`}
          isNumber
          placeholder={t`unmetered`}
          wrong={wrong.trafficGib}
          value={traffic}
          onChange={setTraffic}
        />
        <TextField
          label={t`Network (Mbit/s)`}
          isNumber
          placeholder={t`unlimited`}
          wrong={wrong.networkMbps}
          value={network}
          onChange={setNetwork}
        />
      </div>
    </ChangeDialog>
  );
}
