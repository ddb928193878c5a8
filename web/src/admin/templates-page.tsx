import { Button, FormGroup, Switch } from '@blueprintjs/core';
import { InfoSign } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ManagedTemplate, UpdateTemplate } from '../../../contract/catalog.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { Select } from '../components/select.tsx';
import { numberMistake, TextField } from '../components/text-field.tsx';
import { formatDisk } from '../format-size.ts';
import { useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { AdminPage } from './admin-page.tsx';
import { type Column, DataTable } from './data-table.tsx';
import { useAdminChange, useRows } from './use-admin.ts';

const READY_WORDS: Record<ManagedTemplate['readyWhen'], string> = {
  get agent() {
    return t`its guest agent answers`;
  },
  get address() {
    return t`its guest agent reports the address`;
  },
  get running() {
    return t`its VM runs`;
  },
};

/** The systems that servers are made from. */
export function TemplatesPage() {
  const rows = useRows<ManagedTemplate>('/admin/templates');
  const [edited, setEdited] = useState<ManagedTemplate | null>(null);
  return (
    <AdminPage
      title={t`Templates`}
      about={
        <>
          <Trans>
            VMs that are templates on Proxmox VE and carry the tag <code>berth-template</code>; workers find
            them within a minute.
          </Trans>
        </>
      }
    >
      <DataTable
        label={t`Templates`}
        rows={rows}
        columns={columns(setEdited)}
        empty={
          <NoticeState
            level={2}
            icon={<InfoSign size={40} />}
            title={t`No templates yet`}
            description={t`Without a template nothing can be ordered. npm run proxmox:bootstrap makes some of cloud images.`}
          />
        }
      />
      {edited && <TemplateDialog template={edited} onClose={() => setEdited(null)} />}
    </AdminPage>
  );
}

const columns = (onEdit: (template: ManagedTemplate) => void): Column<ManagedTemplate>[] => [
  {
    title: t`Template`,
    cell: ({ name, osName, osVersion }) => (
      <span>
        <strong className="unbroken">{name}</strong>
        <span className="second-line">{`${osName} ${osVersion}`}</span>
      </span>
    ),
  },
  {
    title: t`Nodes`,
    cell: ({ places }) =>
      places.length === 0
        ? t`none: cannot be ordered`
        : places.map(({ node, vmid, storage }) => (
            <div key={`${node} ${vmid}`}>{`${node}: VM ${vmid}, ${storage}`}</div>
          )),
  },
  { title: t`Smallest disk`, isNumber: true, cell: ({ minDiskGib }) => formatDisk(minDiskGib) },
  { title: t`A server is ready once`, cell: ({ readyWhen }) => READY_WORDS[readyWhen] },
  { title: t`Servers`, isNumber: true, cell: ({ servers }) => servers },
  { title: t`On offer`, cell: (template) => <OfferSwitch template={template} /> },
  {
    title: t`Actions`,
    isActions: true,
    cell: (template) => (
      <Button
        size="small"
        text={t`Edit`}
        aria-label={t`Edit ${template.name}`}
        onClick={() => onEdit(template)}
      />
    ),
  },
];

const update = (id: string) => ({
  path: () => `/admin/templates/${id}`,
  method: 'PATCH' as const,
  body: (input: UpdateTemplate) => input,
});

function OfferSwitch({ template: { id, name, enabled } }: { template: ManagedTemplate }) {
  const change = useAdminChange<UpdateTemplate>(update(id));
  return (
    <Switch
      className="row-switch"
      aria-label={t`${name} is on offer`}
      checked={enabled}
      aria-busy={change.isPending}
      onChange={() => change.isPending || change.mutate({ enabled: !enabled })}
    />
  );
}

function TemplateDialog({ template, onClose }: { template: ManagedTemplate; onClose: () => void }) {
  const [disk, setDisk] = useState(String(template.minDiskGib));
  const [readyWhen, setReadyWhen] = useState(template.readyWhen);
  const change = useAdminChange<UpdateTemplate>(update(template.id), {
    onDone: onClose,
    isRefusalShown: true,
  });
  const fields = useFields({ minDiskGib: numberMistake(disk) }, change.error);
  return (
    <ChangeDialog
      title={t`Edit ${template.name}`}
      keep={t`Cancel`}
      submit={t`Save template`}
      fields={fields}
      change={change}
      onSubmit={() => change.mutate({ minDiskGib: Number(disk), readyWhen })}
      onClose={onClose}
    >
      <TextField
        label={t`Least disk (GiB)`}
        isNumber
        autoFocus
        help={t`Plans with less disk cannot be ordered with it`}
        wrong={fields.wrong.minDiskGib}
        value={disk}
        onChange={setDisk}
      />
      <FormGroup label={t`A new server is ready once`} labelFor="ready-when">
        <Select
          id="ready-when"
          value={readyWhen}
          options={Object.entries(READY_WORDS).map(([value, label]) => ({ value, label }))}
          onChange={(event) => setReadyWhen(event.currentTarget.value as ManagedTemplate['readyWhen'])}
        />
      </FormGroup>
    </ChangeDialog>
  );
}
