import { Button, Tag } from '@blueprintjs/core';
import { Search } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Cluster } from '../../../contract/clusters.ts';
import { DESTRUCTIBLE_KINDS, type Orphan, type OrphanKind } from '../../../contract/reconcile.ts';
import { inLanguage } from '../contract-words.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { Select } from '../components/select.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { TimeAt } from '../components/time-at.tsx';
import { useNow } from '../hooks/use-now.ts';
import { AdminPage } from './admin-page.tsx';
import { type Column, DataTable } from './data-table.tsx';
import { type OrphanVerb, SettleOrphanDialog } from './settle-orphan-dialog.tsx';
import { NothingFound, ReconcileStates } from './reconcile-states.tsx';
import { ORPHAN_REQUEST_WORDS, ORPHAN_STATE_WORDS, powerWord, serverWord } from './state-words.ts';
import { useParam } from '../hooks/use-param.ts';
import { useRows } from './use-admin.ts';

const KIND_WORDS: Record<OrphanKind, string> = {
  get marked_vm_without_server() {
    return t`VM without a server`;
  },
  get server_without_vm() {
    return t`Server without a VM`;
  },
  get vmid_lease_without_server() {
    return t`VM id without a server`;
  },
  get vmid_lease_without_vm() {
    return t`VM id without a VM`;
  },
  get ip_lease_without_server() {
    return t`Address without a server`;
  },
  get disk() {
    return t`Disk of no VM`;
  },
  get backup() {
    return t`Backup of no VM`;
  },
};

const STATES = [
  {
    value: '',
    get text() {
      return t`Found or in quarantine`;
    },
  },
  {
    value: 'quarantined',
    get text() {
      return t`In quarantine`;
    },
  },
  {
    value: 'dismissed',
    get text() {
      return t`Dismissed`;
    },
  },
  {
    value: 'destroyed',
    get text() {
      return t`Destroyed`;
    },
  },
];

/** What belongs to nobody, and what becomes of it. */
export function OrphansPage() {
  const [state, setState] = useParam('state');
  const [wish, setWish] = useState<{ orphan: Orphan; verb: OrphanVerb } | null>(null);
  const rows = useRows<Orphan>('/admin/orphans', { state });
  const clusters = useRows<Cluster>('/admin/clusters');
  const clusterName = (id: string) => clusters.items.find((cluster) => cluster.id === id)?.name ?? '–';
  return (
    <AdminPage
      title={t`Orphans`}
      about={t`What is on a cluster, or held by Berth, and belongs to no server. Nothing is destroyed before its quarantine is over.`}
    >
      <ReconcileStates />
      <div className="filter-bar">
        <Select
          aria-label={t`State`}
          value={state}
          options={STATES.map(({ value, text }) => ({ value, label: text }))}
          onChange={(event) => setState(event.currentTarget.value)}
        />
      </div>
      <DataTable
        label={t`Orphans`}
        rows={rows}
        columns={columns(clusterName, (orphan, verb) => setWish({ orphan, verb }))}
        empty={
          state === '' ? (
            <NothingFound
              title={t`No orphans`}
              description={t`Two comparisons in a row have to see something before it is listed here.`}
            />
          ) : (
            <NoticeState level={2} icon={<Search size={40} />} title={t`No orphan is in this state`} />
          )
        }
      />
      {wish && <SettleOrphanDialog orphan={wish.orphan} verb={wish.verb} onClose={() => setWish(null)} />}
    </AdminPage>
  );
}

const columns = (
  clusterName: (id: string) => string,
  onSettle: (orphan: Orphan, verb: OrphanVerb) => void,
): Column<Orphan>[] => [
  {
    title: t`What`,
    cell: ({ kind, identifier, evidence }) => (
      <span>
        <strong>{evidence.name ?? evidence.address ?? identifier}</strong>
        <span className="second-line">{KIND_WORDS[kind]}</span>
      </span>
    ),
  },
  {
    title: t`Where`,
    cell: ({ clusterId, node, evidence }) => (
      <>
        {[clusterName(clusterId), node].filter(Boolean).join(' · ')}
        {evidence.vmid !== undefined && <span className="second-line">{`VM ${evidence.vmid}`}</span>}
      </>
    ),
  },
  { title: t`Evidence`, cell: (orphan) => <Evidence orphan={orphan} /> },
  { title: t`Found`, cell: ({ firstSeenAt }) => <TimeAgo iso={firstSeenAt} /> },
  { title: t`State`, cell: (orphan) => <State orphan={orphan} /> },
  {
    title: t`Actions`,
    isActions: true,
    cell: (orphan) => <Actions orphan={orphan} onSettle={(verb) => onSettle(orphan, verb)} />,
  },
];

function Evidence({ orphan: { evidence } }: { orphan: Orphan }) {
  const { reason, reasonSaid, status, server, serverSaid, serverId, sizeGib, storage } = evidence;
  const facts = [
    reason && inLanguage(reason, reasonSaid),
    status && powerWord(status),
    server && t`its server is ${serverSaid ? inLanguage(server, serverSaid) : serverWord(server)}`,
    storage,
    sizeGib !== undefined && `${Number(sizeGib.toFixed(1))} GiB`,
  ].filter(Boolean);
  return (
    <>
      {facts.join(', ') || '–'}
      {serverId && server !== 'unknown' && server !== 'deleted' && (
        <Link className="second-line" to={`/servers/${serverId}`}>
          <Trans>Open its server</Trans>
        </Link>
      )}
    </>
  );
}

function State({ orphan: { state, request, note, noteSaid, quarantinedUntil } }: { orphan: Orphan }) {
  const intent = state === 'quarantined' ? 'warning' : 'none';
  return (
    <>
      <Tag minimal intent={request ? 'primary' : intent}>
        {request ? ORPHAN_REQUEST_WORDS[request] : ORPHAN_STATE_WORDS[state]}
      </Tag>
      {state === 'quarantined' && quarantinedUntil && (
        <span className="second-line">
          <Trans>
            until <TimeAt iso={quarantinedUntil} />
          </Trans>
        </span>
      )}
      {note && <span className="second-line">{inLanguage(note, noteSaid)}</span>}
    </>
  );
}

function Actions({ orphan, onSettle }: { orphan: Orphan; onSettle: (verb: OrphanVerb) => void }) {
  const now = useNow(20_000);
  const { state, kind, request, goneAt, quarantinedUntil, evidence, identifier } = orphan;
  if (request || goneAt) return null;
  const name = evidence.name ?? identifier;
  const isOver = quarantinedUntil !== null && Date.parse(quarantinedUntil) <= now;
  const offered: { verb: OrphanVerb; text: string; isReady: boolean }[] =
    state === 'found'
      ? [
          ...(DESTRUCTIBLE_KINDS.includes(kind)
            ? [{ verb: 'quarantine' as const, text: t`Quarantine`, isReady: true }]
            : []),
          { verb: 'dismiss', text: t`Dismiss`, isReady: true },
        ]
      : state === 'quarantined'
        ? [
            { verb: 'release', text: t`Release`, isReady: true },
            { verb: 'destroy', text: t`Destroy`, isReady: isOver },
          ]
        : [];
  return (
    <span className="row-actions">
      {offered.map(({ verb, text, isReady }) => (
        <Button
          key={verb}
          size="small"
          text={text}
          aria-label={`${text} ${name}`}
          intent={verb === 'destroy' ? 'danger' : 'none'}
          disabled={!isReady}
          title={isReady ? '' : t`Once its quarantine is over`}
          onClick={() => onSettle(verb)}
        />
      ))}
    </span>
  );
}
