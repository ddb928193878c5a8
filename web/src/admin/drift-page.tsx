import { Button, Tag } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Drift } from '../../../contract/reconcile.ts';
import { inLanguage } from '../contract-words.ts';
import { TimeAgo } from '../components/time-ago.tsx';
import { AdminPage } from './admin-page.tsx';
import { type Column, DataTable } from './data-table.tsx';
import { type DriftVerb, SettleDriftDialog } from './settle-drift-dialog.tsx';
import { NothingFound, ReconcileStates } from './reconcile-states.tsx';
import { FIELD_WORDS, valueWord } from './state-words.ts';
import { useRows } from './use-admin.ts';

/** Where records and VMs differ, and the two ways out. */
export function DriftPage() {
  const [wish, setWish] = useState<{ drift: Drift; verb: DriftVerb } | null>(null);
  const rows = useRows<Drift>('/admin/drift');
  return (
    <AdminPage
      title={t`Differences`}
      about={t`Where Berth’s record of a server and its VM on Proxmox VE say different things.`}
    >
      <ReconcileStates />
      <DataTable
        label={t`Differences`}
        rows={rows}
        columns={columns((drift, verb) => setWish({ drift, verb }))}
        empty={
          <NothingFound
            title={t`No differences`}
            description={t`What the latest comparison has read agrees with the record.`}
          />
        }
      />
      {wish && <SettleDriftDialog drift={wish.drift} verb={wish.verb} onClose={() => setWish(null)} />}
    </AdminPage>
  );
}

const columns = (onSettle: (drift: Drift, verb: DriftVerb) => void): Column<Drift>[] => [
  {
    title: t`Server`,
    cell: ({ serverId, serverName }) => <Link to={`/admin/servers/${serverId}/truth`}>{serverName}</Link>,
  },
  { title: t`Field`, cell: ({ field }) => FIELD_WORDS[field] },
  { title: t`Record`, cell: ({ field, record }) => <code>{valueWord(field, record)}</code> },
  { title: t`Proxmox VE`, cell: ({ field, proxmox }) => <code>{valueWord(field, proxmox)}</code> },
  { title: t`Found`, cell: ({ firstSeenAt }) => <TimeAgo iso={firstSeenAt} /> },
  {
    title: t`Actions`,
    isActions: true,
    cell: (drift) => <DriftActions drift={drift} onSettle={(verb) => onSettle(drift, verb)} />,
  },
];

/** What can be done about a difference, or what is being done. */
export function DriftActions({ drift, onSettle }: { drift: Drift; onSettle: (verb: DriftVerb) => void }) {
  const { canRepair, canAccept, repairRequestedAt, note, noteSaid, field, serverName } = drift;
  if (repairRequestedAt)
    return (
      <Tag minimal intent="primary">
        <Trans>Being repaired</Trans>
      </Tag>
    );
  const of = t`${FIELD_WORDS[field]} of ${serverName}`;
  return (
    <span className="row-actions">
      {note && <span className="second-line">{inLanguage(note, noteSaid)}</span>}
      {canRepair && (
        <Button
          size="small"
          text={t`Repair`}
          aria-label={t`Repair ${of}`}
          onClick={() => onSettle('repair')}
        />
      )}
      {canAccept && (
        <Button
          size="small"
          text={t`Accept`}
          aria-label={t`Accept ${of}`}
          onClick={() => onSettle('accept')}
        />
      )}
    </span>
  );
}
