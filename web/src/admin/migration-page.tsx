import { Button, Callout, HTMLTable, Spinner, Tag } from '@blueprintjs/core';
import { ChevronLeft, Tick } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Link, useParams } from 'react-router';
import type { CodeHelp } from '../../../contract/migration-codes.ts';
import type { MigrationException, MigrationReport } from '../../../contract/migration-runs.ts';
import { problemCode } from '../api-error.ts';
import { migrationHelp } from '../contract-words.ts';
import { ErrorState } from '../components/error-state.tsx';
import { Fact, Facts } from '../components/facts.tsx';
import { NoticeState } from '../components/notice-state.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { NotFoundPage } from '../pages/not-found-page.tsx';
import { AdminPage } from './admin-page.tsx';
import { type Column, DataTable } from './data-table.tsx';
import { RunProgress, RunStatus } from './run-progress.tsx';
import { useParam } from '../hooks/use-param.ts';
import { ENTITY_WORDS, OUTCOME_WORDS, VM_MEANINGS, VM_WORDS } from './state-words.ts';
import { type Rows, useRows, useThing } from './use-admin.ts';

const READ_AGAIN_MS = 3_000;

/** One run: how far it is, what it made of its source, and the rows that somebody should look at. */
export function MigrationPage() {
  const { id = '' } = useParams();
  const report = useThing<MigrationReport>(`/admin/migration-runs/${id}`, READ_AGAIN_MS);
  if (report.isPending) return <Spinner className="page-spinner" aria-label={t`Loading`} />;
  if (!report.data) {
    if (problemCode(report.error) === 'not_found') return <NotFoundPage />;
    return (
      <ErrorState
        title={t`This run could not be read`}
        error={report.error}
        onRetry={() => void report.refetch()}
      />
    );
  }
  return <Report report={report.data} />;
}

function Report({ report }: { report: MigrationReport }) {
  const { run } = report;
  const help = run.cause && migrationHelp(run.cause.code, run.cause);
  return (
    <>
      <Link to="/admin/migrations" className="back-link">
        <Trans>
          <ChevronLeft size={14} /> Migrations
        </Trans>
      </Link>
      <AdminPage
        title={run.dryRun ? t`Dry run of ${run.source}` : t`Run of ${run.source}`}
        about={run.sourceLabel}
        action={<RunStatus run={run} />}
      >
        {run.cause && (
          <Callout compact intent={run.status === 'failed' ? 'danger' : 'warning'} className="notice">
            <p className="callout-title">{help?.meaning}</p>
            {run.cause.message && <p className="callout-text">{run.cause.message}</p>}
            <p className="callout-text">
              <strong>
                <Trans>What to do now:</Trans>
              </strong>{' '}
              {help?.remedy}
            </p>
            <p className="callout-small">
              <Trans>
                Code <code>{run.cause.code}</code>
              </Trans>
            </p>
          </Callout>
        )}
        <div className="overview">
          <Facts title={t`Progress`}>
            <Fact name={t`Rows`}>
              <RunProgress run={run} />
            </Fact>
            <Fact name={t`Begun`}>
              <TimeAgo iso={run.startedAt ?? run.createdAt} />
            </Fact>
            {run.finishedAt && (
              <Fact name={t`Ended`}>
                <TimeAgo iso={run.finishedAt} />
              </Fact>
            )}
          </Facts>
          <Comparison report={report} />
        </div>
        <Exceptions report={report} />
      </AdminPage>
    </>
  );
}

/** Whether every row and every sum of the source is accounted for. */
function Comparison({ report: { outcomes, comparison } }: { report: MigrationReport }) {
  const unequal = comparison
    ? [...comparison.counts, ...comparison.money].filter(({ isEqual }) => !isEqual)
    : [];
  return (
    <Facts title={t`Report`}>
      {(['user', 'client', 'service'] as const).map((entity) => (
        <Fact key={entity} name={ENTITY_WORDS[entity].many}>
          {outcomes
            .filter((row) => row.entity === entity)
            .map(({ outcome, rows }) => `${rows} ${OUTCOME_WORDS[outcome]}`)
            .join(', ') || '–'}
        </Fact>
      ))}
      <Fact name={t`VMs`}>{comparison ? <Vms vms={comparison.vmsByCluster} /> : '–'}</Fact>
      <Fact name={t`Sums`}>
        {!comparison && t`Not compared with the source yet`}
        {comparison &&
          unequal.length === 0 &&
          t`Every row is accounted for, and all money agrees to the cent`}
        {unequal.map(({ what, source, berth }) => (
          <div key={what} className="value-differs">
            {t`${what}: ${source} in the source, ${berth} accounted for`}
          </div>
        ))}
      </Fact>
    </Facts>
  );
}

type VmCount = NonNullable<MigrationReport['comparison']>['vmsByCluster'][number];

/** How the VMs of each cluster stand to the services, and what those words mean. */
function Vms({ vms }: { vms: VmCount[] }) {
  const met = [...new Set(vms.map(({ state }) => state))];
  return (
    <>
      {[...Map.groupBy(vms, ({ cluster }) => cluster)].map(([cluster, counts]) => (
        <div key={cluster}>
          {`${cluster}: ${counts.map(({ state, total }) => `${total} ${VM_WORDS[state]}`).join(', ')}`}
        </div>
      ))}
      {met.map((state) => (
        <span key={state} className="second-line">
          <strong>{VM_WORDS[state]}</strong>: {VM_MEANINGS[state]}
        </span>
      ))}
    </>
  );
}

function Exceptions({ report: { run, reasons } }: { report: MigrationReport }) {
  const [code, setCode] = useParam('code');
  const rows = useRows<MigrationException>(`/admin/migration-runs/${run.id}/exceptions`, { code });
  // A row of the source has its kind and number instead of an id.
  const withIds = {
    ...rows,
    items: rows.items.map((row) => ({ ...row, id: `${row.entity}/${row.sourceId}` })),
  } satisfies Rows<MigrationException & { id: string }>;
  return (
    <section className="admin-section" aria-label={t`Exceptions`}>
      <h2>
        <Trans>Reasons</Trans>
      </h2>
      {reasons.length > 0 && (
        <HTMLTable compact className="admin-table" aria-label={t`Reasons`}>
          <thead>
            <tr>
              <th>
                <Trans>Reason</Trans>
              </th>
              <th className="number">
                <Trans>Rows</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {reasons.map((reason) => {
              const { meaning, remedy } = migrationHelp(reason.code, reason);
              return (
                <tr key={`${reason.entity} ${reason.outcome} ${reason.code}`}>
                  <td>
                    <Button
                      variant="minimal"
                      size="small"
                      text={reason.code}
                      aria-pressed={code === reason.code}
                      active={code === reason.code}
                      onClick={() => setCode(code === reason.code ? '' : reason.code)}
                    />{' '}
                    <Tag
                      minimal
                    >{`${ENTITY_WORDS[reason.entity].many} ${OUTCOME_WORDS[reason.outcome]}`}</Tag>
                    <span className="second-line">{`${meaning} ${remedy}`}</span>
                  </td>
                  <td className="number">{reason.rows}</td>
                </tr>
              );
            })}
          </tbody>
        </HTMLTable>
      )}
      <h2 className="admin-section">{code ? t`Rows with ${code}` : t`Rows to look at`}</h2>
      <DataTable
        label={t`Rows to look at`}
        rows={withIds}
        columns={columns((of) => reasons.find((reason) => reason.code === of))}
        empty={<NoticeState level={2} icon={<Tick size={40} />} title={t`No row to look at`} />}
      />
    </section>
  );
}

const columns = (reasonOf: (code: string) => CodeHelp | undefined): Column<MigrationException>[] => [
  {
    title: t`Row`,
    cell: ({ entity, sourceId, serverId }) => (
      <>
        <strong className="unbroken">{`${ENTITY_WORDS[entity].one} ${sourceId}`}</strong>
        {serverId && (
          <Link className="second-line unbroken" to={`/servers/${serverId}`}>
            <Trans>Open its server</Trans>
          </Link>
        )}
      </>
    ),
  },
  { title: t`Outcome`, cell: ({ outcome }) => OUTCOME_WORDS[outcome] },
  {
    title: t`Why`,
    cell: ({ code, warnings }) => <code>{[code, ...warnings].filter(Boolean).join(', ')}</code>,
  },
  {
    title: t`Message`,
    cell: ({ message, code, warnings }) => {
      const codes = [code, ...warnings].filter((one) => one !== null);
      const meanings = codes.flatMap((one) => {
        const reason = reasonOf(one);
        return reason ? migrationHelp(one, reason).meaning : [];
      });
      return (
        <>
          {meanings.join(' ') || '–'}
          {message && <span className="second-line">{message}</span>}
        </>
      );
    },
  },
];
