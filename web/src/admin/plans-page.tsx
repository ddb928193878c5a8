import { Button, Switch } from '@blueprintjs/core';
import { InfoSign, Plus } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { ManagedPlan } from '../../../contract/catalog.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { formatDisk, formatMemory, formatNetwork } from '../format-size.ts';
import { AdminPage } from './admin-page.tsx';
import { type Column, DataTable } from './data-table.tsx';
import { PlanDialog } from './plan-dialog.tsx';
import { useAdminChange, useRows } from './use-admin.ts';

/** What customers can order. */
export function PlansPage() {
  const rows = useRows<ManagedPlan>('/admin/plans');
  const [edited, setEdited] = useState<ManagedPlan | 'new' | null>(null);
  return (
    <AdminPage
      title={t`Plans`}
      about={t`A plan that is changed or taken off the offer leaves the servers that have it as they are.`}
      action={<Button intent="primary" icon={<Plus />} text={t`Add plan`} onClick={() => setEdited('new')} />}
    >
      <DataTable
        label={t`Plans`}
        rows={rows}
        columns={columns(setEdited)}
        empty={
          <NoticeState
            level={2}
            icon={<InfoSign size={40} />}
            title={t`No plans yet`}
            description={t`Without a plan nothing can be ordered.`}
          />
        }
      />
      {edited && <PlanDialog plan={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </AdminPage>
  );
}

const columns = (onEdit: (plan: ManagedPlan) => void): Column<ManagedPlan>[] => [
  { title: t`Plan`, cell: ({ name }) => <strong>{name}</strong> },
  { title: 'vCPU', isNumber: true, cell: ({ vcpu }) => vcpu },
  { title: t`Memory`, isNumber: true, cell: ({ memoryMib }) => formatMemory(memoryMib) },
  { title: t`Disk`, isNumber: true, cell: ({ diskGib }) => formatDisk(diskGib) },
  {
    title: t`Traffic`,
    isNumber: true,
    cell: ({ trafficGib }) => (trafficGib === null ? t`unmetered` : formatDisk(trafficGib)),
  },
  {
    title: t`Network`,
    isNumber: true,
    cell: ({ networkMbps }) => (networkMbps === null ? t`unlimited` : formatNetwork(networkMbps)),
  },
  { title: t`Servers`, isNumber: true, cell: ({ servers }) => servers },
  { title: t`On offer`, cell: (plan) => <OfferSwitch plan={plan} /> },
  {
    title: t`Actions`,
    isActions: true,
    cell: (plan) => (
      <Button size="small" text={t`Edit`} aria-label={t`Edit ${plan.name}`} onClick={() => onEdit(plan)} />
    ),
  },
];

function OfferSwitch({ plan: { id, name, enabled } }: { plan: ManagedPlan }) {
  const change = useAdminChange<boolean>({
    path: () => `/admin/plans/${id}`,
    method: 'PATCH',
    body: (next) => ({ enabled: next }),
  });
  return (
    <Switch
      className="row-switch"
      aria-label={t`${name} is on offer`}
      checked={enabled}
      aria-busy={change.isPending}
      onChange={() => change.isPending || change.mutate(!enabled)}
    />
  );
}
