import { t } from '@lingui/core/macro';
import { Button } from '@blueprintjs/core';
import { ChevronLeft, Search } from '@blueprintjs/icons';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import type { Cluster, UnclaimedVm } from '../../../contract/clusters.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { formatDisk, formatMemory } from '../format-size.ts';
import { AdminPage } from './admin-page.tsx';
import { AdoptDialog } from './adopt-dialog.tsx';
import { type Column, DataTable } from './data-table.tsx';
import { SearchField } from '../components/search-field.tsx';
import { useParam } from '../hooks/use-param.ts';
import { powerWord } from './state-words.ts';
import { useRows } from './use-admin.ts';

/** Each look is a call to the cluster. */
const LOOK_AGAIN_MS = 60_000;

/** VMs of a cluster that no server holds, each of which can become one. */
export function AdoptPage() {
  const { id = '' } = useParams();
  const [search, setSearch] = useParam('search');
  const [chosen, setChosen] = useState<UnclaimedVm | null>(null);
  const clusters = useRows<Cluster>('/admin/clusters');
  const vms = useRows<UnclaimedVm>(`/admin/clusters/${id}/unclaimed-vms`, { search }, LOOK_AGAIN_MS);
  const name = clusters.items.find((cluster) => cluster.id === id)?.name;
  return (
    <>
      <Link to="/admin/clusters" className="back-link">
        <Trans>
          <ChevronLeft size={14} /> Clusters
        </Trans>
      </Link>
      <AdminPage
        title={name ? t`Adopt a VM of ${name}` : t`Adopt a VM`}
        about={t`VMs that no server holds. Adopting one changes its description and tags, and nothing else; it runs on.`}
      >
        <div className="filter-bar">
          <SearchField
            label={t`Search VMs`}
            placeholder={t`Name or VM id`}
            value={search}
            onSearch={setSearch}
          />
        </div>
        <DataTable
          label={t`VMs without a server`}
          rows={{ ...vms, items: vms.items.map((vm) => ({ ...vm, id: String(vm.vmid) })) }}
          columns={columns(setChosen)}
          empty={
            <NoticeState
              level={2}
              icon={<Search size={40} />}
              title={search ? t`No VM matches` : t`Every VM belongs to a server`}
            />
          }
        />
        {vms.total !== undefined && vms.total > vms.items.length && (
          <p className="muted">
            {t`These are the first ${vms.items.length} of ${vms.total}: search for others by name or VM id.`}
          </p>
        )}
        {chosen && <AdoptDialog clusterId={id} vm={chosen} onClose={() => setChosen(null)} />}
      </AdminPage>
    </>
  );
}

const columns = (onAdopt: (vm: UnclaimedVm) => void): Column<UnclaimedVm>[] => [
  {
    title: t`VM`,
    cell: ({ name, vmid }) => (
      <span>
        <strong>{name ?? `VM ${vmid}`}</strong>
        <span className="second-line">{`VM ${vmid}`}</span>
      </span>
    ),
  },
  { title: t`Status`, cell: ({ status }) => powerWord(status) },
  { title: t`Node`, cell: ({ node }) => node },
  { title: t`vCPU`, isNumber: true, cell: ({ vcpu }) => vcpu ?? '–' },
  {
    title: t`Memory`,
    isNumber: true,
    cell: ({ memoryMib }) => (memoryMib === null ? '–' : formatMemory(memoryMib)),
  },
  { title: t`Disk`, isNumber: true, cell: ({ diskGib }) => (diskGib ? formatDisk(diskGib) : '–') },
  {
    title: t`Actions`,
    isActions: true,
    cell: (vm) => (
      <Button size="small" text={t`Adopt`} aria-label={t`Adopt VM ${vm.vmid}`} onClick={() => onAdopt(vm)} />
    ),
  },
];
