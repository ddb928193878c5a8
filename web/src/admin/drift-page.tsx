import { Button, Tag } from '@blueprintjs/core';
import { Tick } from '@blueprintjs/icons';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Drift } from '../../../contract/reconcile.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { AdminPage } from './admin-page.tsx';
import { type Column, DataTable } from './data-table.tsx';
import { type DriftVerb, SettleDriftDialog } from './settle-drift-dialog.tsx';
import { ReconcileStates } from './reconcile-states.tsx';
import { useRows } from './use-admin.ts';

/** Where records and VMs differ, and the two ways out. */
export function DriftPage() {
  const [wish, setWish] = useState<{ drift: Drift; verb: DriftVerb } | null>(null);
  const rows = useRows<Drift>('/admin/drift');
  return (
    <AdminPage
      title="Differences"
      about="Where Berth’s record of a server and its VM on Proxmox VE say different things."
    >
      <ReconcileStates />
      <DataTable
        label="Differences"
        rows={rows}
        columns={columns((drift, verb) => setWish({ drift, verb }))}
        empty={
          <NoticeState
            level={2}
            icon={<Tick size={40} />}
            title="No differences"
            description="What the latest comparison has read agrees with the record."
          />
        }
      />
      {wish && <SettleDriftDialog drift={wish.drift} verb={wish.verb} onClose={() => setWish(null)} />}
    </AdminPage>
  );
}

const columns = (onSettle: (drift: Drift, verb: DriftVerb) => void): Column<Drift>[] => [
  {
    title: 'Server',
    cell: ({ serverId, serverName }) => <Link to={`/admin/servers/${serverId}/truth`}>{serverName}</Link>,
  },
  { title: 'Field', cell: ({ title }) => title },
  { title: 'Record', cell: ({ record }) => <code>{record ?? '–'}</code> },
  { title: 'Proxmox VE', cell: ({ proxmox }) => <code>{proxmox ?? '–'}</code> },
  { title: 'Found', cell: ({ firstSeenAt }) => <TimeAgo iso={firstSeenAt} /> },
  {
    title: 'Actions',
    isActions: true,
    cell: (drift) => <DriftActions drift={drift} onSettle={(verb) => onSettle(drift, verb)} />,
  },
];

/** What can be done about a difference, or what is being done. */
export function DriftActions({ drift, onSettle }: { drift: Drift; onSettle: (verb: DriftVerb) => void }) {
  const { canRepair, canAccept, repairRequestedAt, note, title, serverName } = drift;
  if (repairRequestedAt)
    return (
      <Tag minimal intent="primary">
        Being repaired
      </Tag>
    );
  const of = `${title} of ${serverName}`;
  return (
    <span className="row-actions">
      {note && <span className="second-line">{note}</span>}
      {canRepair && (
        <Button size="small" text="Repair" aria-label={`Repair ${of}`} onClick={() => onSettle('repair')} />
      )}
      {canAccept && (
        <Button size="small" text="Accept" aria-label={`Accept ${of}`} onClick={() => onSettle('accept')} />
      )}
    </span>
  );
}
