import { Button, Spinner, Tag } from '@blueprintjs/core';
import { History } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { AuditEntry } from '../../../contract/audit-log.ts';
import { listAuditEntries } from '../account-api.ts';
import { describeDeed } from '../audit-words.ts';
import { ErrorState } from '../components/error-state.tsx';
import { NoticeState } from '../components/notice-state.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { TimeAgo } from '../components/time-ago.tsx';

/** Who did what, when and from where. */
export function AuditPage() {
  return (
    <>
      <PageTitle text={t`Audit log`} />
      <div>
        <h1>
          <Trans>Audit log</Trans>
        </h1>
        <span className="muted">
          <Trans>What you did, what was done to you, and what happened in accounts you manage.</Trans>
        </span>
      </div>
      <Entries />
    </>
  );
}

function Entries() {
  const log = useInfiniteQuery({
    queryKey: ['account', 'audit'],
    queryFn: ({ pageParam, signal }) => listAuditEntries(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextBefore,
    staleTime: 0,
  });
  if (log.isPending) return <Spinner className="page-spinner" aria-label={t`Loading the audit log`} />;
  if (!log.data) {
    return (
      <ErrorState
        title={t`The audit log cannot be shown`}
        error={log.error}
        onRetry={() => void log.refetch()}
      />
    );
  }
  const entries = log.data.pages.flatMap((page) => page.items);
  if (entries.length === 0)
    return <NoticeState level={2} icon={<History size={40} />} title={t`Nothing has been done yet`} />;
  return (
    <section className="panel" aria-label={t`Entries`}>
      <ul className="row-list first-list" aria-label={t`Audit log`}>
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ul>
      {log.error && <ProblemCallout error={log.error} />}
      {log.hasNextPage && (
        <Button
          className="older"
          text={t`Show older`}
          loading={log.isFetchingNextPage}
          onClick={() => void log.fetchNextPage()}
        />
      )}
    </section>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { at, accountName, serverId, serverName, tokenName, ip } = entry;
  return (
    <li>
      <div className="row-main">
        <div className="row-title">
          {describeDeed(entry)}
          {serverId && <Link to={`/servers/${serverId}`}>{serverName}</Link>}
          {tokenName && (
            <Tag minimal>
              <Trans>by token {tokenName}</Trans>
            </Tag>
          )}
        </div>
        <span className="second-line">
          {[actorOf(entry), ip && t`from ${ip}`, accountName].filter(Boolean).join(' · ')}
        </span>
      </div>
      <span className="muted row-end">
        <TimeAgo iso={at} />
      </span>
    </li>
  );
}

function actorOf({ actor, actorName }: AuditEntry): string {
  if (actor === 'you') return t`You`;
  return actor === 'provider' ? t`Your provider` : (actorName ?? t`Somebody who is gone`);
}
