import { Spinner } from '@blueprintjs/core';
import { ChevronLeft } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import type { ComparedField, Drift, Truth } from '../../../contract/reconcile.ts';
import type { Server } from '../../../contract/servers.ts';
import { ErrorState } from '../components/error-state.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { AdminPage } from './admin-page.tsx';
import { type Column, RowList } from './data-table.tsx';
import { DriftActions } from './drift-page.tsx';
import { ReconcileStates } from './reconcile-states.tsx';
import { type DriftVerb, SettleDriftDialog } from './settle-drift-dialog.tsx';
import { FIELD_WORDS, valueWord } from './state-words.ts';
import { useThing } from './use-admin.ts';

/** A server's record beside its VM, field by field. */
export function TruthPage() {
  const { id = '' } = useParams();
  const server = useThing<Server>(`/servers/${id}`);
  const truth = useThing<Truth>(`/admin/servers/${id}/truth`);
  const [wish, setWish] = useState<{ drift: Drift; verb: DriftVerb } | null>(null);
  return (
    <>
      <Link to="/admin/truth" className="back-link">
        <Trans>
          <ChevronLeft size={14} /> Differences
        </Trans>
      </Link>
      <AdminPage
        title={t`${server.data?.name ?? t`A server`} compared with Proxmox VE`}
        about={truth.data && <Reading truth={truth.data} />}
        action={
          <Link to={`/servers/${id}`}>
            <Trans>Open the server</Trans>
          </Link>
        }
      >
        {truth.data && !truth.data.readAt && <ReconcileStates />}
        {truth.isPending && <Spinner className="page-spinner" aria-label={t`Loading`} />}
        {truth.isError && !truth.data && (
          <ErrorState
            title={t`This server could not be compared`}
            error={truth.error}
            onRetry={() => void truth.refetch()}
          />
        )}
        {truth.data && truth.data.fields.length > 0 && (
          <Fields truth={truth.data} onSettle={(drift, verb) => setWish({ drift, verb })} />
        )}
      </AdminPage>
      {wish && <SettleDriftDialog drift={wish.drift} verb={wish.verb} onClose={() => setWish(null)} />}
    </>
  );
}

function Reading({ truth: { readAt, node, vmid } }: { truth: Truth }) {
  if (!readAt)
    return (
      <>
        <Trans>Its VM has not been read yet; the next comparison does.</Trans>
      </>
    );
  return (
    <>
      <Trans>
        VM {vmid} on {node}, read <TimeAgo iso={readAt} />
      </Trans>
    </>
  );
}

function Fields({
  truth: { fields, drift },
  onSettle,
}: {
  truth: Truth;
  onSettle: (drift: Drift, verb: DriftVerb) => void;
}) {
  const rows = fields.map((field) => ({
    ...field,
    id: field.field,
    drift: drift.find((one) => one.field === field.field),
  }));
  return <RowList label={t`Record and VM`} items={rows} columns={columns(onSettle)} />;
}

const columns = (
  onSettle: (drift: Drift, verb: DriftVerb) => void,
): Column<ComparedField & { drift: Drift | undefined }>[] => [
  { title: t`Field`, cell: ({ field }) => FIELD_WORDS[field] },
  { title: t`Record`, cell: ({ field, record }) => <code>{valueWord(field, record)}</code> },
  {
    title: t`Proxmox VE`,
    cell: ({ field, proxmox, agrees }) => (
      <>
        <code className={agrees ? undefined : 'value-differs'}>{valueWord(field, proxmox)}</code>
        {!agrees && (
          <span className="visually-hidden">
            <Trans> differs</Trans>
          </span>
        )}
      </>
    ),
  },
  {
    title: t`Actions`,
    isActions: true,
    cell: ({ drift }) => drift && <DriftActions drift={drift} onSettle={(verb) => onSettle(drift, verb)} />,
  },
];
