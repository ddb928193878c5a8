import { Button, Tag } from '@blueprintjs/core';
import { Help, Refresh, Tick } from '@blueprintjs/icons';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReconcileState } from '../../../contract/reconcile.ts';
import { inLanguage } from '../contract-words.ts';
import { NoticeState } from '../components/notice-state.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { COMPARISON_WORDS } from './state-words.ts';
import { useAdminChange, useRows } from './use-admin.ts';

const INTENT = { running: 'primary', complete: 'success', incomplete: 'warning', failed: 'danger' } as const;

const useStates = () => useRows<ReconcileState>('/admin/reconcile', {}, 5_000);

/** That comparisons have found nothing, once there has been one. */
export function NothingFound({ title, description }: { title: string; description: string }) {
  const { items } = useStates();
  const isCompared = items.some(({ lastRun }) => lastRun?.completedAt);
  return (
    <NoticeState
      level={2}
      icon={isCompared ? <Tick size={40} /> : <Help size={40} />}
      title={isCompared ? title : t`Not known yet`}
      description={isCompared ? description : t`No cluster has been compared with the record so far.`}
    />
  );
}

/** Per cluster: how the latest comparison ended, and the way to have one now. */
export function ReconcileStates() {
  const { items } = useStates();
  const compare = useAdminChange<string>({ path: (id) => `/admin/clusters/${id}/reconcile` });
  return (
    <div className="reconcile-states">
      {items.map(({ clusterId, cluster, lastRun }) => (
        <section key={clusterId} className="panel" aria-label={t`Comparison of ${cluster}`}>
          <div className="panel-head">
            <h2>{cluster}</h2>
            <Button
              size="small"
              icon={<Refresh />}
              text={t`Compare now`}
              aria-label={t`Compare ${cluster} now`}
              loading={
                (compare.isPending && compare.variables === clusterId) || lastRun?.status === 'running'
              }
              onClick={() => compare.mutate(clusterId)}
            />
          </div>
          {lastRun ? (
            <>
              <Tag minimal intent={INTENT[lastRun.status]}>
                {COMPARISON_WORDS[lastRun.status]}
              </Tag>{' '}
              <TimeAgo iso={lastRun.finishedAt ?? lastRun.startedAt} />
              {` · ${plural(lastRun.serversRead, { 0: 'no server was due to be read', one: '# server read', other: '# servers read' })}`}
              {lastRun.message && <p className="second-line">{inLanguage(lastRun.message, lastRun.said)}</p>}
            </>
          ) : (
            <span className="muted">
              <Trans>Not compared yet</Trans>
            </span>
          )}
        </section>
      ))}
    </div>
  );
}
