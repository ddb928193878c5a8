import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { CreatePlan, ManagedPlan } from '../../../contract/catalog.ts';
import { ifEmpty, numberMistake, TextField, wholeNumber } from '../components/text-field.tsx';
import { type Fields, useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { useAdminChange } from './use-admin.ts';

type Size = Record<'vcpu' | 'memoryMib' | 'diskGib' | 'trafficGib' | 'networkMbps', string>;

const text = (value: number | null | undefined): string => (value == null ? '' : String(value));
const sizeOf = (plan: ManagedPlan | null): Size => ({
  vcpu: text(plan?.vcpu),
  memoryMib: text(plan?.memoryMib),
  diskGib: text(plan?.diskGib),
  trafficGib: text(plan?.trafficGib),
  networkMbps: text(plan?.networkMbps),
});

/** Adds a plan, or changes the size of one. */
export function PlanDialog({ plan, onClose }: { plan: ManagedPlan | null; onClose: () => void }) {
  const [name, setName] = useState(plan?.name ?? '');
  const [size, setSize] = useState(() => sizeOf(plan));
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
      vcpu: numberMistake(size.vcpu),
      memoryMib: numberMistake(size.memoryMib),
      diskGib: numberMistake(size.diskGib),
      trafficGib: numberMistake(size.trafficGib, true),
      networkMbps: numberMistake(size.networkMbps, true),
    },
    change.error,
  );
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
          vcpu: Number(size.vcpu),
          memoryMib: Number(size.memoryMib),
          diskGib: Number(size.diskGib),
          trafficGib: wholeNumber(size.trafficGib),
          networkMbps: wholeNumber(size.networkMbps),
        })
      }
      onClose={onClose}
    >
      <TextField label={t`Name`} wrong={fields.wrong.name} value={name} onChange={setName} autoFocus />
      <SizeFields size={size} wrong={fields.wrong} onChange={setSize} />
    </ChangeDialog>
  );
}

interface SizeFieldsProps {
  size: Size;
  wrong: Fields<keyof Size>['wrong'];
  onChange: (size: Size) => void;
}

function SizeFields({ size, wrong, onChange }: SizeFieldsProps) {
  const field = (name: keyof Size) => ({
    isNumber: true,
    wrong: wrong[name],
    value: size[name],
    onChange: (value: string) => onChange({ ...size, [name]: value }),
  });
  return (
    <div className="form-grid">
      <TextField label={t`Processors`} {...field('vcpu')} />
      <TextField label={t`Memory (MiB)`} {...field('memoryMib')} />
      <TextField label={t`Disk (GiB)`} {...field('diskGib')} />
      <TextField label={t`Traffic a month (GiB)`} placeholder={t`unmetered`} {...field('trafficGib')} />
      <TextField label={t`Network (Mbit/s)`} placeholder={t`unlimited`} {...field('networkMbps')} />
    </div>
  );
}
