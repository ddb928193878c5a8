import { Button } from '@blueprintjs/core';
import { InfoSign, Plus } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { Pool } from '../../../contract/pools.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { AdminPage } from './admin-page.tsx';
import { AddAddressesDialog, PoolDialog } from './pool-dialogs.tsx';
import { type Column, DataTable } from './data-table.tsx';
import { UseBar } from './use-bar.tsx';
import { useRows } from './use-admin.ts';

/** Networks from which servers get their addresses. */
export function PoolsPage() {
  const rows = useRows<Pool>('/admin/pools');
  const [extended, setExtended] = useState<Pool | null>(null);
  const [isAdding, setIsAdding] = useState(false);
  return (
    <AdminPage
      title={t`IP pools`}
      action={
        <Button intent="primary" icon={<Plus />} text={t`Add pool`} onClick={() => setIsAdding(true)} />
      }
    >
      <DataTable
        label={t`IP pools`}
        rows={rows}
        columns={columns(setExtended)}
        empty={
          <NoticeState
            level={2}
            icon={<InfoSign size={40} />}
            title={t`No pools yet`}
            description={t`Without a free address nothing can be ordered.`}
          />
        }
      />
      {extended && <AddAddressesDialog pool={extended} onClose={() => setExtended(null)} />}
      {isAdding && <PoolDialog onClose={() => setIsAdding(false)} />}
    </AdminPage>
  );
}

const columns = (onExtend: (pool: Pool) => void): Column<Pool>[] => [
  {
    title: t`Pool`,
    cell: ({ name, cluster }) => (
      <span>
        <strong>{name}</strong>
        <span className="second-line">{cluster}</span>
      </span>
    ),
  },
  {
    title: t`Network`,
    cell: ({ network, gateway }) => (
      <>
        <span className="numeric">{network}</span>
        <span className="second-line numeric">{t`gateway ${gateway}`}</span>
      </>
    ),
  },
  {
    title: t`Bridge`,
    cell: ({ bridge, vlan }) => (vlan === null ? bridge : t`${bridge}, VLAN ${vlan}`),
  },
  {
    title: t`Leased`,
    cell: ({ name, addresses, leased, reserved }) => (
      <>
        <span className="numeric">{t`${leased} of ${addresses}`}</span>
        {reserved > 0 && <span className="second-line">{t`${reserved} reserved`}</span>}
        <UseBar label={t`Addresses of ${name} in use`} used={leased + reserved} total={addresses} />
      </>
    ),
  },
  { title: t`Free`, isNumber: true, cell: ({ free }) => free },
  {
    title: t`Actions`,
    isActions: true,
    cell: (pool) => (
      <Button
        size="small"
        text={t`Add addresses`}
        aria-label={t`Add addresses to ${pool.name}`}
        onClick={() => onExtend(pool)}
      />
    ),
  },
];
